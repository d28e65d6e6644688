import { PermanentError, ReflexError } from '@reflex/core';

/** One thing that is wrong with an event; `field` is a path such as `items.0.sku`. */
export interface FieldProblem {
  field: string;
  message: string;
}

/** The event is not what its type promises. `details` lists up to 20 problems. */
export class InvalidEvent extends ReflexError {
  readonly code = 'invalid_event';
  override readonly status = 422;
  override readonly details: FieldProblem[];

  constructor(sentence: string, problems: FieldProblem[], options?: { cause?: unknown }) {
    super(sentence, options);
    this.details = problems.slice(0, 20);
  }
}

export class UnknownEventType extends ReflexError {
  readonly code = 'unknown_event_type';
  override readonly status = 422;

  constructor(type: string) {
    super(
      `No event type "${type}" is registered. Decorate a class with @EventType('${type}') and list it in a module.`,
      {
        details: { type },
      },
    );
  }
}

/** Events of this type are made by the server alone. */
export class ReservedType extends ReflexError {
  readonly code = 'reserved_type';
  override readonly status = 422;

  constructor(type: string) {
    super(`Events of type "${type}" are made by the server alone. Choose a type of your own.`, { details: { type } });
  }
}

/** The server fills this field; a client that could would forge where an event came from. */
export class ReservedField extends ReflexError {
  readonly code = 'reserved_field';
  override readonly status = 422;

  constructor(field: string) {
    super(`The field "${field}" is set by the server alone. Leave it out.`, { details: { field } });
  }
}

/** A stored event that this process cannot turn into an instance of its class; no retry helps. */
export class UndecodableEvent extends PermanentError {
  override readonly code = 'undecodable_event';
}

/** A mistake in the declaration of an event class; stops the start. */
export class InvalidEventClass extends ReflexError {
  readonly code: string = 'invalid_event_class';
}

export class DuplicateEventType extends InvalidEventClass {
  override readonly code = 'duplicate_event_type';

  constructor(type: string, first: string, second: string) {
    super(`The classes ${first} and ${second} both claim the event type "${type}". Give one of them another name.`);
  }
}
