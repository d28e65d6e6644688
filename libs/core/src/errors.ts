/** What every failed request answers, over HTTP and WebSocket. */
export interface ErrorEnvelope {
  error: { code: string; message: string; details?: unknown };
}

/** Root of all errors that Reflex throws on purpose: a stable `code` and a sentence that says what to do next. */
export abstract class ReflexError extends Error {
  abstract readonly code: string;
  /** The HTTP status that the API answers with. */
  readonly status: number = 500;
  /** More for a machine to read: the fields at fault, the ids in conflict. Never secrets, SQL or stacks. */
  readonly details?: unknown;

  constructor(message: string, options?: { cause?: unknown; details?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.details = options?.details;
  }
}

/** A handler throws this when no retry can help: the delivery goes straight to the dead letters. */
export class PermanentError extends ReflexError {
  readonly code: string = 'permanent_error';
  override readonly status: number = 422;
}

/** A handler throws this when a service asks to come back later: the delivery waits and no attempt is used. */
export class RetryLater extends ReflexError {
  readonly code: string = 'retry_later';
  override readonly status: number = 503;

  constructor(
    message: string,
    readonly delayMs: number,
    options?: { cause?: unknown; details?: unknown },
  ) {
    super(message, options);
  }
}

/**
 * A handler throws this when it waits for something outside, such as a person: the delivery is parked, holds no worker and
 * uses no attempt. Once woken, or when its time is up, the handler runs again from its start.
 */
export class Parked extends ReflexError {
  readonly code = 'parked';
  override readonly status = 503;
  /** `EventStore.wake` with this key wakes it; its own delivery does in any case. */
  readonly waitsFor?: string;
  /** Milliseconds after which it runs again unasked; without, it waits until it is woken. */
  readonly timeoutMs?: number;

  constructor(reason: string, options: { waitsFor?: string; timeoutMs?: number; cause?: unknown } = {}) {
    super(reason, options);
    this.waitsFor = options.waitsFor;
    this.timeoutMs = options.timeoutMs;
  }
}

const MAX_CAUSES = 8;

/** The wish to be parked in what was thrown, also when a library has wrapped it in an error of its own. */
export function parkedIn(thrown: unknown): Parked | null {
  for (let error = thrown, depth = 0; error instanceof Error && depth < MAX_CAUSES; error = error.cause, depth += 1) {
    if (error instanceof Parked) return error;
  }
  return null;
}

export class NotFound extends ReflexError {
  readonly code = 'not_found';
  override readonly status = 404;
}

export class InvalidDuration extends ReflexError {
  readonly code = 'invalid_duration';
  override readonly status = 422;

  constructor(text: string) {
    super(`"${text}" is not a duration. Write a number and a unit, such as 250ms, 30s, 5m, 1h or 2d.`);
  }
}

export class InvalidSetting extends ReflexError {
  readonly code = 'invalid_setting';
}

/** JSON that parses but that no store or prompt should ever see. */
export class InvalidJson extends ReflexError {
  readonly code: string;
  override readonly status = 422;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
