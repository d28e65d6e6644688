import type { AgentsOptions } from '@reflex/agents';
import { hideInLogs } from '@reflex/observability';
import { nameInSettings } from './setting-names';
import type { Variable } from './setting-kinds';
import { VARIABLES, type Settings } from './settings';

const MIN_HIDDEN_LENGTH = 8;

/** From now on the log shows none of the secrets of these settings, wherever somebody puts them. */
export function hideSecrets(settings: Settings): void {
  for (const [name, { secret }] of Object.entries<Variable<unknown>>(VARIABLES)) {
    const value = settings[nameInSettings(name)];
    if (secret && typeof value === 'string' && value.length >= MIN_HIDDEN_LENGTH) hideInLogs(value);
  }
  for (const text of (settings.webhookSecrets ?? []).flatMap(({ secrets }) => secrets)) hideInLogs(text);
  for (const { key } of settings.secretsKeys ?? []) {
    // A URL may hold it without the = at its end.
    for (const text of [key.toString('base64').replace('=', ''), key.toString('base64url')]) hideInLogs(text);
  }
}

/** Whether a stored secret of this name would mislead: it is a setting that tools cannot see, or one that has a value. */
export function isTakenBySettings(name: string, settings: Settings): boolean {
  const variable = (VARIABLES as Record<string, Variable<unknown>>)[name];
  return variable !== undefined && (!variable.forTools || settings[nameInSettings(name)] !== undefined);
}

/** What tools may refer to by `secret('NAME')`, the variables that are marked by `forTools`; and what they may reach. */
export function toolAccessOf(settings: Settings): Pick<AgentsOptions, 'secrets' | 'egress'> {
  const marked = Object.entries<Variable<unknown>>(VARIABLES).filter(([, { forTools }]) => forTools);
  const secrets = marked.map(([name]) => [name, settings[nameInSettings(name)] as string | undefined]);
  return { secrets: Object.fromEntries(secrets), egress: { networks: settings.egressPrivateNetworks } };
}
