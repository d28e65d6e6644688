import { ReflexError } from '@reflex/core';

/** The tool may not connect to where it wants to. The model is told, and nothing was sent. */
export class EgressRefused extends ReflexError {
  readonly code = 'egress_refused';
  override readonly status = 403;
}

/** The server did not answer, or not within the limits. */
export class EgressFailed extends ReflexError {
  readonly code = 'egress_failed';
  override readonly status = 502;
}

export class UnknownSecret extends ReflexError {
  readonly code = 'unknown_secret';

  constructor(name: string) {
    super(`The secret ${name} is not configured. Give it to the service, and to AgentsModule under "secrets".`);
  }
}
