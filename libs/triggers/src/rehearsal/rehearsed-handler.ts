import { isDeepStrictEqual } from 'node:util';
import type { BacktestAnswer } from '@reflex/core';
import type { Delivery, EventStore, Firing, RunRecord, StoredEvent } from '@reflex/event-store';
import { runWith } from '@reflex/observability';
import { DecisionContext } from '../context/decision-context';
import type { ContextMemory, Decode } from '../context/context-memory';
import { DecisionState } from '../context/decision-state';
import { Durable } from '../durable/durable';
import type { Trigger } from '../trigger';
import { NotRecorded, RecordedLedger } from './recorded-ledger';

interface HandlerSurroundings {
  store: EventStore;
  decode: Decode;
  /** Ask a model for what is not on record. */
  asksModels: boolean;
  signal?: AbortSignal;
}

/**
 * Calls the handler for a firing that was recorded too, with the answers and results of that run. What it publishes, changes
 * or plans through its context is thrown away.
 */
export async function rehearsedHandler(
  trigger: Trigger,
  { event, memory }: { event: StoredEvent; memory: ContextMemory },
  did: Firing,
  { store, decode, asksModels, signal: outer }: HandlerSurroundings,
): Promise<BacktestAnswer> {
  const { name } = trigger.definition;
  const run = await store.findRun(did.runId);
  const { items } = await store.effects.list({ trigger: name, eventId: did.eventId, limit: 1_000 });
  const replay = Math.max(0, ...items.map((effect) => effect.replay));
  const recorded = items.filter((effect) => effect.replay === replay).toReversed();
  const ledger = new RecordedLedger(recorded, replay, asksModels);
  const signals = [AbortSignal.timeout(trigger.timeoutMs), ...(outer ? [outer] : [])];
  const signal = AbortSignal.any(signals);
  const place = { eventSeq: '0', triggerId: 0, leaseToken: '0', attempt: 1, context: null };
  const delivery: Delivery = { ...place, trigger: name, scope: did.scope, event };
  const state = new DecisionState({
    trigger: name,
    delivery,
    stored: event,
    memory,
    decode,
    clock: { nowMs: () => event.receivedAt.getTime() },
    signal: () => signal,
    durable: () => new Durable(ledger, store.waits, delivery, decode, () => signal),
  });
  const { trace_id: traceId, correlation_id: correlationId } = event.meta;
  const current = {
    trigger: name,
    scope: did.scope,
    eventId: did.eventId,
    traceId,
    correlationId,
    attempt: 1,
    signal,
    usage: { input_tokens: 0, output_tokens: 0, tool_calls: [] },
    ledger,
    rehearsal: true,
  };
  const about = { event: did.eventId, run: did.runId, was: run?.result ?? null };
  try {
    const result: unknown = await runWith(current, async () => trigger.handle(new DecisionContext(state)));
    const would = result === undefined ? null : (JSON.parse(JSON.stringify(result)) as unknown);
    return { ...about, would, ...comparison(run, would) };
  } catch (error) {
    outer?.throwIfAborted();
    const verdict = error instanceof NotRecorded ? 'stale' : 'fails';
    return { ...about, would: null, verdict, reason: (error as Error).message };
  } finally {
    state.end();
  }
}

function comparison(run: RunRecord | null, would: unknown): Pick<BacktestAnswer, 'verdict' | 'reason'> {
  if (run?.outcome !== 'completed') return { verdict: 'differs', reason: `was ${run?.outcome ?? 'not recorded'}` };
  const isSame = isDeepStrictEqual(run.result ?? null, would);
  return isSame ? { verdict: 'same', reason: null } : { verdict: 'differs', reason: null };
}
