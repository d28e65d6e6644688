import { type Duration, durationMs, type Jsonified } from '@reflex/core';
import { type BaseEvent, type EventClass, payloadOf } from '@reflex/events';
import type { EntityManager } from 'typeorm';
import type { StepCall } from '../durable/steps';
import type { WaitOptions } from '../durable/waits';
import type { DecisionState } from './decision-state';
import type { When } from './follow-ups';

/** Reaches what the worker, filters and conditions need of a context; not for handlers. */
export const STATE = Symbol('reflex:decision-state');

/** A span of time: a number of seconds, or text such as `5m`. */
export type Span = number | Exclude<Duration, number>;

const MAX_FIELDS_CHARACTERS = 500;

/**
 * What a handler gets: the current event, and the trigger's working memory for one scope.
 * The memory is persisted by triggers that have a condition or a filter that remembers; others start empty each time.
 * When the handler has run it is cleared, unless the handler called `markAction` or `clear` itself.
 */
export class DecisionContext<E extends BaseEvent = BaseEvent> {
  readonly [STATE]: DecisionState;

  constructor(state: DecisionState) {
    this[STATE] = state;
  }

  /** The key that events are grouped by, such as `user:123`; `null` for a trigger without scope. */
  get scope(): string | null {
    return this[STATE].input.delivery.scope;
  }

  /** The event to act on. When a timer woke the context, the newest accumulated one. */
  get event(): E {
    return this[STATE].event as E;
  }

  /** Accumulated since the last clear, oldest first; the current event is the last. */
  get events(): readonly E[] {
    return this[STATE].events as E[];
  }

  /** Yours, for counts and flags; must stay plain JSON. */
  get scratch(): Record<string, unknown> {
    return this[STATE].scratch;
  }

  get createdAt(): Date {
    return this[STATE].input.memory.createdAt;
  }

  /** When a handler last ran for this scope. */
  get lastActionAt(): Date | null {
    return this[STATE].closing === 'not' ? this[STATE].input.memory.lastActionAt : this.now;
  }

  /** Which attempt this is, from 1. */
  get attempt(): number {
    return this[STATE].input.delivery.attempt;
  }

  /** Aborts on timeout, on shutdown, and when another process may take over. Hand it to everything that waits. */
  get signal(): AbortSignal {
    return this[STATE].input.signal();
  }

  /** The moment that is decided about: when the newest event was received, by the database's clock. A retry sees the same. */
  get now(): Date {
    return new Date(this[STATE].nowMs);
  }

  /** The events received in the last `span` before `now`. */
  window(span: Span): E[] {
    const from = this[STATE].nowMs - (typeof span === 'number' ? span * 1_000 : durationMs(span));
    return this.events.filter((event) => receivedMs(event) >= from);
  }

  ofType(...types: string[]): E[] {
    return this.events.filter((event) => types.includes(event.type));
  }

  /** The events that no action has seen yet. */
  sinceLastAction(): E[] {
    return this.events.slice(this[STATE].pendingFrom);
  }

  countByType(): Record<string, number> {
    const counts = new Map<string, number>();
    for (const { type } of this.events) counts.set(type, (counts.get(type) ?? 0) + 1);
    return Object.fromEntries(counts);
  }

  /** Text for a prompt: what is here, and the last `max` events with their fields, shortened. */
  summarize(max = 10): string {
    const recent = max > 0 ? this.events.slice(-max) : [];
    const lines = [
      `Context scope: ${this.scope ?? 'none'}`,
      `Total events: ${this.events.length}`,
      `Event types: ${JSON.stringify(this.countByType())}`,
    ];
    if (recent.length > 0) lines.push(`Recent ${recent.length} events:`, ...recent.map(summaryLine));
    if (Object.keys(this.scratch).length > 0) lines.push(`Scratch state: ${JSON.stringify(this.scratch)}`);
    return lines.join('\n');
  }

  /** Looks at one more event until this attempt ends; it is not persisted. */
  add(event: E): void {
    this[STATE].add(event);
  }

  /** Forgets events and scratch now, and notes that an action was taken. What is put into `scratch` after it is kept. */
  clear(): void {
    this[STATE].clear();
  }

  /** Notes that an action was taken, and keeps events and scratch. */
  markAction(): void {
    this[STATE].closing = 'marked';
  }

  /** Publishes follow-ups together with the outcome of this attempt, or not at all. Throws `EventLoop` when the chain is too long. */
  publish(events: BaseEvent | BaseEvent[], when?: When): void {
    this[STATE].publish(Array.isArray(events) ? events : [events], when);
  }

  /** The same for later: `context.schedule(reminder, { delay: '1d' })`, or `{ at: new Date(…) }`. Restarts do not matter. */
  schedule(events: BaseEvent | BaseEvent[], when: When): void {
    this.publish(events, when);
  }

  /**
   * Runs the function once per event: when it has returned, its result is kept, as JSON, and later attempts get that
   * instead. A name may be used again, if every attempt uses it as often and in the same order.
   */
  async step<T>(name: string, work: (call: StepCall) => T | Promise<T>): Promise<Jsonified<T>> {
    return this[STATE].durable('context.step').steps.run(name, work);
  }

  /**
   * The next event of the class that matches, received after this one and not answered by an earlier wait; `null` when the
   * time is up. Until then the run is parked, without a worker; then the handler runs again from its start.
   */
  async waitFor<W extends BaseEvent>(eventClass: EventClass<W>, options: WaitOptions<W> = {}): Promise<W | null> {
    return this[STATE].durable('context.waitFor').waits.for(eventClass, options);
  }

  /** Changes the database in the transaction that settles this attempt: after the handler returned, and only if the lease still holds. */
  transaction(work: (manager: EntityManager) => Promise<void>): void {
    this[STATE].addWork(work);
  }
}

function summaryLine(event: BaseEvent): string {
  const fields = JSON.stringify(payloadOf(event));
  const shown = fields.length > MAX_FIELDS_CHARACTERS ? `${fields.slice(0, MAX_FIELDS_CHARACTERS)}…` : fields;
  return `  [${event.type}] ${event.timestamp?.toISOString()}: ${event.source} ${shown}`;
}

// Events added by hand were never received; for them it is the time they happened.
function receivedMs(event: BaseEvent & { receivedAt?: Date }): number {
  return (event.receivedAt ?? event.timestamp ?? new Date(0)).getTime();
}
