import { PermanentError, ReflexError } from '@reflex/core';

/** The delivery was rescued from this process; its outcome changed nothing. */
export class StaleLease extends ReflexError {
  readonly code = 'stale_lease';
  override readonly status = 409;

  constructor(trigger: string, eventId: string) {
    super(`The lease on ${trigger} for event ${eventId} was lost; another worker has it. Stop working on it.`);
  }
}

export class IdempotencyConflict extends ReflexError {
  readonly code = 'idempotency_conflict';
  override readonly status = 409;

  constructor(key: string, firstId: string) {
    super(`"${key}" was used before with another body. Send the same body, or choose a new key.`, {
      details: { first_id: firstId },
    });
  }
}

export class StoreUnavailable extends ReflexError {
  readonly code = 'store_unavailable';
  override readonly status = 503;

  constructor(cause: unknown) {
    super('The database does not answer. Nothing was stored; send it again in a few seconds.', { cause });
  }
}

/** A chain of follow-ups got too long: most likely a trigger causes itself. */
export class EventLoop extends PermanentError {
  override readonly code = 'event_loop';
}
