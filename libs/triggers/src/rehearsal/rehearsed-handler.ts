import { isDeepStrictEqual } from 'node:util';
import type { BacktestAnswer } from '@reflex/core';
import type { EventStore, Firing, RunRecord, StoredEvent } from '@reflex/event-store';
import type { ContextMemory, Decode } from '../context/context-memory';
import type { Trigger } from '../trigger';
import { callHandler } from './called-handler';
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
  const about = { event: did.eventId, run: did.runId, was: run?.result ?? null };
  try {
    const call = { trigger, event, memory, decode, ledger, signal, scope: did.scope, waits: store.waits };
    const { result: would } = await callHandler({ ...call, attempt: 1, agentsShareLedger: true });
    return { ...about, would, ...comparison(run, would) };
  } catch (error) {
    outer?.throwIfAborted();
    const verdict = error instanceof NotRecorded ? 'stale' : 'fails';
    return { ...about, would: null, verdict, reason: (error as Error).message };
  }
}

function comparison(run: RunRecord | null, would: unknown): Pick<BacktestAnswer, 'verdict' | 'reason'> {
  if (run?.outcome !== 'completed') return { verdict: 'differs', reason: `was ${run?.outcome ?? 'not recorded'}` };
  const isSame = isDeepStrictEqual(run.result ?? null, would);
  return isSame ? { verdict: 'same', reason: null } : { verdict: 'differs', reason: null };
}
