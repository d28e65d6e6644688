import 'reflect-metadata';
import type { EventMeta } from '@reflex/core';
import { Allow } from 'class-validator';
import { typeOfClass } from './event-type.decorator';

type EnvelopeField = 'id' | 'type' | 'source' | 'timestamp' | 'meta' | 'receivedAt';

/** A concrete event class. */
export type EventClass<E extends BaseEvent = BaseEvent> = new () => E;

type OwnField<E> = {
  [K in keyof E]-?: K extends EnvelopeField ? never : E[K] extends (...args: never[]) => unknown ? never : K;
}[keyof E];

// Only two generic functions make the compiler tell readonly from writable.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type ReadonlyField<E> = { [K in keyof E]-?: Same<Pick<E, K>, Readonly<Pick<E, K>>> extends true ? K : never }[keyof E];

/**
 * What one gives to make an event: its own fields, and of the envelope what should not be the default.
 * Methods are left out, and readonly fields are optional, since a getter looks like one.
 */
export type EventFields<E extends BaseEvent> = Pick<E, Exclude<OwnField<E>, ReadonlyField<E>>> &
  Partial<Pick<E, Extract<OwnField<E>, ReadonlyField<E>>>> & {
    id?: string;
    source?: string;
    timestamp?: Date;
    meta?: Partial<EventMeta>;
  };

/**
 * Root of all events. Subclasses carry `@EventType('some.name')`, declare their fields as they stand on the wire
 * (snake_case) and decorate each with class-validator.
 */
export abstract class BaseEvent {
  /** The store gives one on publish, unless the publisher chose it; then the same id is stored only once. */
  @Allow()
  id!: string;

  @Allow()
  readonly type: string;

  /** Where it came from, such as `ws:client123`. Code that sets none publishes as `internal`. */
  @Allow()
  source!: string;

  /** When it happened; on publish: now. */
  @Allow()
  timestamp!: Date;

  @Allow()
  meta!: Partial<EventMeta>;

  /** When the store took it, by the database's clock. Only events from the store have it; it is not enumerable, not sent. */
  declare readonly receivedAt?: Date;

  constructor() {
    this.type = typeOfClass(new.target);
  }

  static of<E extends BaseEvent>(this: EventClass<E>, fields: NoInfer<EventFields<E>>): E {
    return Object.assign(new this(), fields);
  }
}
