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
    super(
      `The secret ${name} is not configured. Store it with "reflex secrets set ${name}", or give it to the service and to AgentsModule under "secrets".`,
    );
  }
}

/** It is stored, but sealed with a key that this process does not have, or was changed in the database. */
export class SecretLocked extends ReflexError {
  readonly code = 'secret_locked';

  constructor(name: string, keyId: string) {
    super(
      `The stored secret ${name} cannot be opened: it is sealed with the key "${keyId}", which this process does not have, or was changed in the database. Add that key to SECRETS_KEYS, or set the secret anew.`,
    );
  }
}
