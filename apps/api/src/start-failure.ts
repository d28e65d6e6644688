import { ReflexError } from '@reflex/core';
import type { Settings } from './settings';

/** What the person at the terminal reads when the service does not start: one sentence for all that can be expected. */
export function startFailure(error: unknown, settings: Settings | undefined): string {
  if (error instanceof ReflexError) return error.message;
  const { code } = error as { code?: unknown };
  const address = settings?.apiHost ?? '';
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${settings?.apiPort} is taken. Stop the program that uses it, or set API_PORT to another port.`;
    case 'EACCES':
      return `Port ${settings?.apiPort} may not be used by this user. Set API_PORT to a port above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `API_HOST ${address} is no address of this machine. Set it to one, such as 0.0.0.0.`;
    default:
      return `The service could not start: ${error instanceof Error ? error.stack : String(error)}`;
  }
}
