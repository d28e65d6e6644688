import type { Delivery, StoredContext, StoredEvent } from '@reflex/event-store';
import { BaseEvent, EventRegistry, EventType } from '@reflex/events';
import { Allow } from 'class-validator';
import { ContextMemory } from '../context/context-memory';
import { DecisionContext } from '../context/decision-context';
import { DecisionState } from '../context/decision-state';

@EventType('monitor.alert')
export class Alert extends BaseEvent {
  @Allow()
  service!: string;

  @Allow()
  severity?: string;

  @Allow()
  detail?: unknown;
}

export const EVENTS = new EventRegistry().register([Alert]);

let made = 0;

/** An alert as the store returns it, received `atSeconds` after the epoch. */
export function stored(atSeconds: number, fields: Record<string, unknown> = {}, source = 'spec'): StoredEvent {
  const id = `event-${(made += 1)}`;
  const at = new Date(atSeconds * 1_000);
  const meta = { trace_id: 'f'.repeat(32), correlation_id: id, causation_id: null, depth: 0 };
  const payload = { service: 'db', ...fields };
  return { id, type: 'monitor.alert', source, timestamp: at, receivedAt: at, meta, payload };
}

/** The store's tick for the trigger `spec`. */
export function tick(atSeconds: number): StoredEvent {
  const payload = { timer_name: 'context:spec', tick_count: 1 };
  return { ...stored(atSeconds), type: 'timer.tick', source: 'timer:context', payload };
}

export function remembered(events: StoredEvent[], rest: Partial<StoredContext> = {}): StoredContext {
  return { events, scratch: {}, filters: {}, createdAt: new Date(0), lastActionAt: null, ...rest };
}

/** What an attempt of the trigger `spec` on the event sees. `clockSeconds` is the database's clock; default: the event's receipt. */
export function stateOf(
  event: StoredEvent,
  memory?: ContextMemory | StoredContext,
  clockSeconds?: number,
): DecisionState {
  const decode = (each: StoredEvent) => EVENTS.decode(each);
  const delivery: Delivery = {
    eventSeq: '1',
    triggerId: 1,
    leaseToken: '1',
    trigger: 'spec',
    scope: 'spec',
    attempt: 1,
    event,
    context: null,
  };
  const clock = { nowMs: () => (clockSeconds === undefined ? event.receivedAt.getTime() : clockSeconds * 1_000) };
  return new DecisionState({
    trigger: 'spec',
    delivery,
    stored: event,
    memory: memory instanceof ContextMemory ? memory : ContextMemory.load(memory ?? remembered([]), decode),
    decode,
    clock,
    signal: () => new AbortController().signal,
  });
}

export function contextOf(
  event: StoredEvent,
  memory?: ContextMemory | StoredContext,
  clockSeconds?: number,
): DecisionContext<Alert> {
  return new DecisionContext<Alert>(stateOf(event, memory, clockSeconds));
}
