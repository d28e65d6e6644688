import { PermanentError } from '@reflex/core';

/** A durable step that cannot be told apart from others, or that would not be repeated as it was. */
export class InvalidStep extends PermanentError {
  override readonly code = 'invalid_step';
}

/** A context that was not made by a worker has no record to keep steps and waits in. */
export class NotDurable extends PermanentError {
  override readonly code = 'not_durable';

  constructor(what: string) {
    super(`${what} works in the handler of a trigger only, where a worker keeps a record of the delivery.`);
  }
}
