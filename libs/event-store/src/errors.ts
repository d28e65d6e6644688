import { PermanentError, ReflexError } from '@reflex/core';

/** The delivery was rescued from this process; its outcome changed nothing. */
export class StaleLease extends ReflexError {
  readonly code = 'stale_lease';
  override readonly status = 409;

  constructor(trigger: string, eventId: string) {
    super(`The lease on ${trigger} for event ${eventId} was lost; another worker has it. Stop working on it.`);
  }
}

/** Somebody else used it, its time is up, or it is for another call; nothing was begun. */
export class ApprovalNotUsable extends ReflexError {
  readonly code = 'approval_not_usable';
  override readonly status = 409;

  constructor(id: string, tool: string) {
    super(`Approval ${id} does not hold for this call of "${tool}" any more. The next attempt asks again.`);
  }
}

/** This process may not claim: it has no lease, or the others think it is dead. */
export class LeaseLost extends ReflexError {
  readonly code = 'lease_lost';

  constructor() {
    super('This process holds no lease. Call openLease() and claim again.');
  }
}

/** Nothing was stored: there is no key to seal it with. */
export class SecretsOff extends ReflexError {
  readonly code = 'secrets_off';
  override readonly status = 409;

  constructor() {
    super(
      'Secrets cannot be stored: the service has no key to seal them with. Make one with "openssl rand -base64 32", give all processes SECRETS_KEYS=<id>=<key>, and restart them.',
    );
  }
}

export class TooManySecrets extends ReflexError {
  readonly code = 'too_many_secrets';
  override readonly status = 409;

  constructor(limit: number) {
    super(`There are ${limit} stored secrets, and no more are taken. Delete one that nobody uses; nothing was stored.`);
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

/** More is published than the database takes in. */
export class StoreOverloaded extends ReflexError {
  readonly code = 'store_overloaded';
  override readonly status = 503;

  constructor(queued: number) {
    super(`${queued} events already wait to be stored. Send it again in a second.`);
  }
}

export class SchemaTooNew extends ReflexError {
  readonly code = 'schema_too_new';

  constructor(migrations: string[]) {
    super(
      `The database has migrations that this version does not know (${migrations.join(', ')}). Deploy the newer code.`,
    );
  }
}

/** Somebody holds locks that a migration needs; it waited only a moment at a time, so that the others could go on. */
export class SchemaLocked extends ReflexError {
  readonly code = 'schema_locked';

  constructor(migration: string, seconds: number, cause: unknown) {
    super(
      `The migration ${migration} did not get its locks in ${seconds} s, and nothing of it was done. ` +
        'End the transaction that holds them (pg_stat_activity lists it), or wait for it, and start again.',
      { cause },
    );
  }
}

/** Partitions are made a week ahead, so this may go on for days without harm. */
export class HistoryBusy extends ReflexError {
  readonly code = 'history_busy';

  constructor(cause: unknown) {
    super(
      'A long transaction reads the history, so its partitions were neither made nor dropped. ' +
        'If it does not end by itself, end it (pg_stat_activity lists it by xact_start).',
      { cause },
    );
  }
}

/** Adding up reads every run of the window, and others need the database too. */
export class TooManyRuns extends ReflexError {
  readonly code = 'too_many_runs';
  override readonly status = 422;

  constructor(withinMs: number, cause: unknown) {
    super(`The runs of this window could not be added up within ${withinMs / 1_000} s. Ask for a shorter one.`, {
      cause,
    });
  }
}

export class DatabaseUnreachable extends ReflexError {
  readonly code = 'database_unreachable';

  constructor(where: string, cause: unknown) {
    const { code, message } = cause as { code?: string; message?: string };
    const reason = code ?? message ?? 'no answer';
    super(`The database at ${where} cannot be reached (${reason}). Check DATABASE_URL and that PostgreSQL runs.`, {
      cause,
    });
  }
}

export class InvalidCursor extends ReflexError {
  readonly code = 'invalid_cursor';
  override readonly status = 422;

  constructor() {
    super('The cursor is not one that this list gave out. Start again without a cursor.');
  }
}

/** A dead letter was edited, and its delivery is live again without the edit. */
export class DeliveryLive extends ReflexError {
  readonly code = 'delivery_live';
  override readonly status = 409;

  constructor(trigger: string) {
    super(
      `The delivery to ${trigger} is live again, by a replay, without your edit. Retry when it has ended, or delete the dead letter.`,
    );
  }
}

export class UnknownTrigger extends ReflexError {
  readonly code = 'unknown_trigger';
  override readonly status = 404;

  constructor(name: string) {
    super(`There is no trigger "${name}". GET /triggers lists them.`);
  }
}

/** A rehearsed handler wants to publish past its context. */
export class NothingPublished extends PermanentError {
  override readonly code = 'nothing_published';

  constructor() {
    super(
      'Nothing is published in a backtest. Publish with context.publish, which a rehearsal collects and throws away.',
    );
  }
}
