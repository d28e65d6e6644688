import { ReflexError } from '@reflex/core';

export class LockTimeout extends ReflexError {
  readonly code = 'lock_timeout';
  override readonly status = 409;

  constructor(scope: string, waitMs: number) {
    super(`Somebody else held "${scope}" for the ${waitMs} ms that we waited. Try again later, or wait longer.`);
  }
}

/** The work may have overlapped with that of another holder. */
export class LockLost extends ReflexError {
  readonly code = 'lock_lost';
  override readonly status = 503;

  constructor(scope: string, cause: unknown) {
    super(`The lock on "${scope}" was lost before the work ended. Look at what was done, then do it again.`, { cause });
  }
}
