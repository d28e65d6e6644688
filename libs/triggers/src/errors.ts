import { PermanentError, ReflexError } from '@reflex/core';

/** A mistake in the declaration of a trigger; stops the start. */
export class TriggerSetupError extends ReflexError {
  readonly code = 'trigger_setup';
}

/** A filter or condition does what it must not; the delivery fails and is retried, the text says what to change. */
export class NotSynchronous extends PermanentError {
  override readonly code = 'not_synchronous';

  constructor(what: string) {
    super(
      `${what} returned a promise. Filters and conditions decide at once, without I/O; move the call into the handler.`,
    );
  }
}

const WHOSE = {
  result: 'What the handler returned',
  scratch: 'What stands in context.scratch',
  step: 'What the function of the step returned',
};

/** What the handler left behind cannot be stored as JSON; trying again would give the same. */
export class NotJson extends PermanentError {
  override readonly code: string;

  constructor(what: 'result' | 'scratch' | 'step', reason: string, cause?: unknown) {
    const whose = WHOSE[what];
    super(`${whose} cannot be stored as JSON: ${reason} Return or keep plain JSON.`, { cause });
    this.code = `${what}_not_json`;
  }
}

/** The handler did not end in time. */
export class HandlerTimeout extends ReflexError {
  readonly code = 'timeout';
  override readonly status = 504;

  constructor(trigger: string, timeoutMs: number, cause?: unknown) {
    super(`${trigger} did not end within ${timeoutMs} ms. Make it faster, heed context.signal, or raise its timeout.`, {
      cause,
    });
  }
}

/** Why a signal aborts although the handler is not late: this process stops, or may no longer work on the delivery. */
export class WorkInterrupted extends ReflexError {
  readonly code = 'work_interrupted';
  override readonly status = 503;
}

/** The attempt has ended; what its handler still does comes too late. */
export class AttemptOver extends ReflexError {
  readonly code = 'attempt_over';
  override readonly status = 409;

  constructor(trigger: string) {
    super(`This attempt of ${trigger} is over, nothing can be added to it. Await all work inside the handler.`);
  }
}
