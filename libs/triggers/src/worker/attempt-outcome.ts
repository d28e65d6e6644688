import {
  type Delivery,
  type EventWaits,
  failure,
  type RunReport,
  type RunStreams,
  type Settlement,
  storableText,
  type StoredEvent,
} from '@reflex/event-store';
import { parkedIn } from '@reflex/core';
import { UndecodableEvent } from '@reflex/events';
import type { ContextMemory, Decode } from '../context/context-memory';
import type { DatabaseClock } from '../context/database-clock';
import { DecisionContext } from '../context/decision-context';
import { DecisionState } from '../context/decision-state';
import { Durable } from '../durable/durable';
import { HandlerTimeout, WorkInterrupted } from '../errors';
import { storableJson } from '../storable-json';
import type { Trigger } from '../trigger';
import { Attempt } from './attempt';
import type { LedgerStore } from './attempt-ledger';
import type { Attempts } from './attempts';
import { decide, type Decision } from './decide';
import type { WorkerEmitter } from './worker-events';

export interface AttemptSurroundings {
  attempts: Attempts;
  emitter: WorkerEmitter;
  decode: Decode;
  clock: DatabaseClock;
  store: LedgerStore;
  streams: RunStreams;
  waits: EventWaits;
}

/** An outcome to settle, with the state whose context change it commits; or nothing, because the attempt was interrupted. */
export type AttemptOutcome = { settlement: Settlement; state: DecisionState | null } | 'interrupted';

const MAX_REASON = 1_000;

/**
 * One attempt: filter, condition, handler. Everything that throws becomes an outcome.
 * `mayFire` is asked right before the handler; when it says no, nothing was done and the attempt counts as interrupted.
 */
export async function attemptOutcome(
  trigger: Trigger,
  delivery: Delivery,
  memory: ContextMemory,
  around: AttemptSurroundings,
  mayFire: () => Promise<boolean> | boolean,
): Promise<AttemptOutcome> {
  const { event } = delivery;
  const startedAt = new Date(around.clock.nowMs());
  const start = performance.now();
  const report = (attempt?: Attempt, id?: string): RunReport => {
    const run: RunReport = { startedAt, durationMs: performance.now() - start };
    if (id !== undefined) run.id = id;
    if (attempt?.usageToKeep) run.usage = attempt.usageToKeep;
    return run;
  };
  if (!event) return { settlement: failure(trigger, delivery, report(), lostEvent()), state: null };

  const attempt = new Attempt(delivery, event, trigger.timeoutMs, around.store, around.streams);
  const state = stateOf(trigger, delivery, event, memory, around, attempt);
  try {
    state.decodeNow();
    const context = new DecisionContext(state);
    const decision = decide(trigger, context);
    if (!decision.fire) return refusal(trigger, delivery, report(), decision, state);

    if (!(await mayFire())) return 'interrupted';
    around.emitter.emit('started', delivery);
    let result: unknown;
    around.attempts.add(attempt);
    try {
      result = await attempt.execute(() => trigger.handle(context));
    } finally {
      around.attempts.delete(attempt);
    }
    // Whatever else the handler did about it: what it waits for has not come.
    if (state.waits?.parked) throw state.waits.parked;
    if (result !== undefined) storableJson('result', result);
    const told = attempt.toldAs();
    const run = report(attempt, told && (await told));
    run.result = result;
    return { settlement: completion(trigger, delivery, run, state), state };
  } catch (error) {
    const runId = await attempt.toldAs();
    if (attempt.interruption instanceof WorkInterrupted) return 'interrupted';
    const thrown = attempt.interruption ? new HandlerTimeout(attempt.trigger, attempt.timeoutMs, error) : error;
    return { settlement: await ending(trigger, delivery, report(attempt, runId), thrown, state), state: null };
  } finally {
    state.end();
  }
}

function completion(trigger: Trigger, delivery: Delivery, run: RunReport, state: DecisionState): Settlement {
  return {
    delivery,
    outcome: 'completed',
    run,
    context: trigger.definition.stateful ? state.fired() : undefined,
    followUps: state.followUps?.events,
    followUpDelays: state.followUps?.delays,
    work: state.workInOrder(),
  };
}

function followUpsOf({ followUps }: DecisionState): Pick<Settlement, 'followUps' | 'followUpDelays'> {
  return followUps ? { followUps: followUps.events, followUpDelays: followUps.delays } : {};
}

/** What was thrown, as an outcome. Parking keeps what was published so far: somebody may have to answer it. */
async function ending(
  trigger: Trigger,
  delivery: Delivery,
  run: RunReport,
  thrown: unknown,
  state: DecisionState,
): Promise<Settlement> {
  const parked = parkedIn(thrown);
  if (!parked) return failure(trigger, delivery, run, thrown);
  await state.waits?.idle();
  return { ...failure(trigger, delivery, run, state.waits?.with(parked) ?? parked), ...followUpsOf(state) };
}

function refusal(
  trigger: Trigger,
  delivery: Delivery,
  run: RunReport,
  decision: Exclude<Decision, { fire: true }>,
  state: DecisionState,
): AttemptOutcome {
  run.reason = storableText(decision.reason, MAX_REASON);
  const { outcome } = decision;
  if (outcome === 'filtered') return { settlement: { delivery, outcome, run }, state: null };
  if (outcome === 'deferred') {
    return { settlement: { delivery, outcome, run, retryInMs: decision.retryInMs }, state: null };
  }
  const context = state.accumulated(decision.wakeInMs, trigger.condition?.parts.lookbackMs ?? null);
  return { settlement: { delivery, outcome, run, context }, state };
}

function stateOf(
  trigger: Trigger,
  delivery: Delivery,
  stored: StoredEvent,
  memory: ContextMemory,
  { decode, clock, waits }: AttemptSurroundings,
  attempt: Attempt,
): DecisionState {
  const signal = () => attempt.signal;
  const durable = () => new Durable(attempt.ledger, waits, delivery, decode, signal);
  const { name } = trigger.definition;
  return new DecisionState({ trigger: name, delivery, stored, memory, decode, clock, signal, durable });
}

function lostEvent(): UndecodableEvent {
  return new UndecodableEvent('The log no longer holds this event in a readable form. Delete the dead letter.');
}
