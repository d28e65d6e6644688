import { ReflexError } from '@reflex/core';

/** A timer that cannot be; in code it stops the start. */
export class InvalidTimer extends ReflexError {
  readonly code = 'invalid_timer';
  override readonly status = 422;

  constructor(name: string, sentence: string) {
    super(`Timer "${name}": ${sentence}`);
  }
}

export class UnknownTimer extends ReflexError {
  readonly code = 'unknown_timer';
  override readonly status = 404;

  constructor(name: string) {
    super(`There is no timer "${name}". GET /timers lists them.`);
  }
}

export class TimerExists extends ReflexError {
  readonly code = 'timer_exists';
  override readonly status = 409;

  constructor(name: string) {
    super(`There is a timer "${name}" already. Delete it first, or choose another name.`);
  }
}

export class TimerFromCode extends ReflexError {
  readonly code = 'timer_from_code';
  override readonly status = 409;

  constructor(name: string) {
    super(`The timer "${name}" stands in the code as @OnTimer. Remove it there, or pause it.`);
  }
}

export class TooManyTimers extends ReflexError {
  readonly code = 'too_many_timers';
  override readonly status = 422;

  constructor(most: number) {
    super(`There are ${most} timers already, and no more are kept. Delete one that is not needed.`);
  }
}
