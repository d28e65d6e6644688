import type { EventMeta } from '@reflex/core';
import { typeOfClass } from './event-type.decorator';

type EnvelopeField = 'id' | 'type' | 'source' | 'timestamp' | 'meta';

/** A concrete event class. */
export type EventClass<E extends BaseEvent = BaseEvent> = new () => E;

/** What one gives to make an event: its own fields, and of the envelope what should not be the default. */
export type EventFields<E extends BaseEvent> = Omit<E, EnvelopeField> & {
  id?: string;
  source?: string;
  timestamp?: Date;
  meta?: Partial<EventMeta>;
};

/**
 * Root of all events. Subclasses carry `@EventType('some.name')`, declare their fields as they stand on the wire
 * (snake_case) and decorate them with class-validator.
 */
export abstract class BaseEvent {
  /** The store gives one on publish, unless the publisher chose it; then the same id is stored only once. */
  id!: string;
  readonly type: string;
  /** Where it came from, such as `ws:client123`. Code that sets none publishes as `internal`. */
  source!: string;
  /** When it happened; on publish: now. */
  timestamp!: Date;
  meta!: Partial<EventMeta>;

  constructor() {
    this.type = typeOfClass(new.target);
  }

  static of<E extends BaseEvent>(this: EventClass<E>, fields: EventFields<E>): E {
    return Object.assign(new this(), fields);
  }
}
