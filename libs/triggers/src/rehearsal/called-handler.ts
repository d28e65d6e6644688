import type { RunLedger, RunUsage } from '@reflex/core';
import type { BaseEvent } from '@reflex/events';
import type { Delivery, EventWaits, StoredEvent } from '@reflex/event-store';
import { runWith } from '@reflex/observability';
import type { ContextMemory, Decode } from '../context/context-memory';
import { DecisionContext } from '../context/decision-context';
import { DecisionState } from '../context/decision-state';
import { Durable } from '../durable/durable';
import type { Trigger } from '../trigger';

/** What a handler is called with where no worker calls it. */
export interface HandlerCall {
  trigger: Trigger;
  event: StoredEvent;
  scope: string | null;
  attempt: number;
  memory: ContextMemory;
  decode: Decode;
  /** What it has done durably. */
  ledger: RunLedger;
  /** Agents find their answers there too; otherwise they ask. */
  agentsShareLedger: boolean;
  waits: EventWaits;
  signal: AbortSignal;
}

/** What a handler did, of which nothing is kept. */
export interface HandlerOutcome {
  /** As JSON; `null` for nothing. */
  result: unknown;
  published: BaseEvent[];
  usage: RunUsage;
}

/** Calls a handler alone. What it publishes, changes or plans through its context is not done. */
export async function callHandler(call: HandlerCall): Promise<HandlerOutcome> {
  const { trigger, event, scope, attempt, memory, decode, ledger, waits, signal } = call;
  const { name } = trigger.definition;
  const place = { eventSeq: '0', triggerId: 0, leaseToken: '0', context: null };
  const delivery: Delivery = { ...place, trigger: name, scope, attempt, event };
  const state = new DecisionState({
    trigger: name,
    delivery,
    stored: event,
    memory,
    decode,
    clock: { nowMs: () => event.receivedAt.getTime() },
    signal: () => signal,
    durable: () => new Durable(ledger, waits, delivery, decode, () => signal),
  });
  const usage: RunUsage = { input_tokens: 0, output_tokens: 0, tool_calls: [] };
  const current = {
    trigger: name,
    scope,
    eventId: event.id,
    traceId: event.meta.trace_id,
    correlationId: event.meta.correlation_id,
    attempt,
    signal,
    usage,
    ledger: call.agentsShareLedger ? ledger : undefined,
    rehearsal: true,
  };
  try {
    const result: unknown = await runWith(current, async () => trigger.handle(new DecisionContext(state)));
    const json = result === undefined ? null : (JSON.parse(JSON.stringify(result)) as unknown);
    return { result: json, published: state.followUps?.events ?? [], usage };
  } finally {
    state.end();
  }
}
