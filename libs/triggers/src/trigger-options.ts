import type { Duration, JsonObject } from '@reflex/core';
import type { BaseEvent, EventClass } from '@reflex/events';
import type { Condition } from './conditions/condition';
import type { DecisionContext } from './context/decision-context';
import type { Filter } from './filters/filter';

/** An event class, or a glob over types such as `order.*`. */
export type EventPattern = EventClass | string;

/** What a handler gets for a pattern: instances of the class, of any class for a glob, of one of them for a list. */
export type EventOf<P> = P extends readonly (infer Q)[]
  ? EventOf<Q>
  : P extends new () => infer E
    ? E & BaseEvent
    : BaseEvent;

export interface TriggerOptions<E extends BaseEvent = BaseEvent> {
  /** Unique in the application, and the key of all that is persisted for the trigger. Default `Class.method`, with `:2`, `:3`… when repeated on a method. */
  name?: string;
  /** Only events whose fields hold these values are delivered at all; the others leave no run behind, unlike with a filter. */
  match?: JsonObject;
  /** Which of the events concern the trigger. */
  filter?: Filter<E>;
  /** When to act: `always` (default), `count(n).within(d)`, `every(n)`, `orAfter(d)`, `quietFor(d)`, `batch({ size, timeout })`, `debounce(d)`, or a pure function of the context. */
  when?: Condition<E> | ((context: DecisionContext<E>) => boolean);
  /**
   * What events are grouped by: one or more field paths, `source`, `type`, or `*` for all in one group. Events of a group are
   * handled one at a time, in order. Default: `source` with a condition or a filter that remembers, else no groups.
   */
  scope?: string | string[];
  /** Attempts before the delivery goes to the dead letters. */
  maxAttempts?: number;
  /** Longest an attempt may take; then its signal aborts and it counts as failed. */
  timeout?: Duration;
  /** Most deliveries in work at once, over all processes. */
  concurrency?: number;
  /** Higher is served first; default 0. */
  priority?: number;
  /** At most `limit` starts `per` span of time, over all processes. */
  throttle?: { limit: number; per: Duration };
  /** Most deliveries that may wait before clients who add to them get 429; default: the setting of the service. */
  maxWaiting?: number;
  /** While a failed delivery waits for its retry, its scope waits too (`block`, default) or goes on (`pass`). */
  onRetry?: 'block' | 'pass';
}

export type Handler<E extends BaseEvent = BaseEvent> = (context: DecisionContext<E>) => unknown;
