import { Injectable } from '@nestjs/common';
import type { Explanation, ExplainedVerdict, Testimony } from '@reflex/core';
import { EventStore, type Delivery, type RunRecord, type Situation, type StoredEvent } from '@reflex/event-store';
import { EventRegistry, UndecodableEvent } from '@reflex/events';
import { ContextMemory } from './context/context-memory';
import { DatabaseClock } from './context/database-clock';
import { DecisionContext } from './context/decision-context';
import { DecisionState, isContextTick } from './context/decision-state';
import type { Trigger } from './trigger';
import { TriggerRegistry } from './trigger-registry';
import { asCondition, Witness } from './witness';
import { decide, type Decision, type Witnesses } from './worker/decide';

type Judgement = Pick<Explanation, 'verdict' | 'reason' | 'filter' | 'condition'>;

const MAX_RUNS = 50;

/** Answers "why did nothing happen?": decides as a worker would, before witnesses, and changes nothing. */
@Injectable()
export class TriggerExplainer {
  constructor(
    private readonly store: EventStore,
    private readonly events: EventRegistry,
    private readonly triggers: TriggerRegistry,
  ) {}

  /** Throws `UnknownTrigger`. `knownScope`: of a delivery that has one already. */
  async explain(name: string, event: StoredEvent, knownScope?: string | null): Promise<Explanation> {
    const [{ items }, found] = await Promise.all([
      this.store.searchRuns({ trigger: name, eventId: event.id, limit: MAX_RUNS }),
      this.store.find(event.id),
    ]);
    const situation = await this.store.situation(name, event, knownScope ?? items[0]?.scope);
    const { trigger, scope, context } = situation;
    const delivery = found?.deliveries.find((one) => one.trigger === name);
    const mismatch = mismatchOf(situation, event);
    const judgement = this.judge(situation, event, mismatch);
    const { id, type, source, receivedAt } = event;
    return {
      trigger: name,
      event: { id, type, source, received_at: receivedAt.toISOString() },
      ...judgement,
      type: { pass: mismatch === null, patterns: trigger.types, reason: mismatch },
      paused: trigger.paused,
      active: trigger.active,
      scope,
      context: context && {
        events: context.events.length,
        last_action_at: context.lastActionAt?.toISOString() ?? null,
      },
      happened: {
        status: delivery?.status ?? null,
        error: delivery?.error ?? null,
        runs: items.map(runJson),
      },
      notes: notesOn(judgement, situation, event, mismatch === null, delivery !== undefined, items),
    };
  }

  private judge(situation: Situation, event: StoredEvent, mismatch: string | null): Judgement {
    const { name, active, paused } = situation.trigger;
    const unasked = { filter: null, condition: null };
    if (mismatch !== null) return { ...unasked, verdict: 'wrong_type', reason: mismatch };
    if (!active) {
      return {
        ...unasked,
        verdict: 'inactive',
        reason: 'No running worker has this trigger; nothing is handed to it.',
      };
    }
    const trigger = this.triggers.get(name);
    if (!trigger) {
      const reason =
        'The code of this trigger is not in this process, so its filter and condition cannot be asked here.';
      return { ...unasked, verdict: 'unknown', reason };
    }
    const judgement = this.ask(trigger, situation, event);
    if (!paused) return judgement;
    return { ...judgement, verdict: 'paused', reason: `The trigger is paused. Without that: ${judgement.reason}` };
  }

  private ask(trigger: Trigger, situation: Situation, event: StoredEvent): Judgement {
    const witnesses = { filter: new Witness(), condition: new Witness() };
    const decision = this.decide(trigger, situation, event, witnesses);
    return { ...decision, filter: witnesses.filter.testimony, condition: asCondition(witnesses.condition.testimony) };
  }

  private decide(
    trigger: Trigger,
    situation: Situation,
    event: StoredEvent,
    witnesses: Witnesses,
  ): { verdict: ExplainedVerdict; reason: string } {
    try {
      const state = this.stateOf(situation, event);
      state.decodeNow();
      const decision = decide(trigger, new DecisionContext(state), witnesses);
      return { verdict: decision.fire ? 'fires' : decision.outcome, reason: reasonOf(decision) };
    } catch (error) {
      const what = error instanceof UndecodableEvent ? 'The event cannot be read' : 'Filter or condition throws';
      return { verdict: 'fails', reason: `${what}: ${(error as Error).message}` };
    }
  }

  private stateOf({ trigger, scope, context, now }: Situation, event: StoredEvent): DecisionState {
    const decode = (stored: StoredEvent) => this.events.decode(stored);
    const delivery: Delivery = {
      eventSeq: '0',
      triggerId: trigger.id,
      leaseToken: '0',
      trigger: trigger.name,
      scope,
      attempt: 1,
      event,
      context,
    };
    // What was accumulated already would be counted twice.
    const memory = context
      ? ContextMemory.load(context, decode).without(event.id)
      : ContextMemory.empty(event.receivedAt);
    const { signal } = new AbortController();
    const clock = new DatabaseClock(now);
    return new DecisionState({
      trigger: trigger.name,
      delivery,
      stored: event,
      memory,
      decode,
      clock,
      signal: () => signal,
    });
  }
}

function reasonOf(decision: Decision): string {
  return decision.fire ? 'The handler would run.' : decision.reason;
}

/** Why the event is none of the trigger's; the tick of its own context is, whatever its type. */
function mismatchOf({ trigger, matches, contains }: Situation, event: StoredEvent): string | null {
  if (isContextTick(event, trigger.name)) return null;
  if (!matches) return `the type ${event.type} does not match ${trigger.types.join(', ')}`;
  return contains ? null : `the event does not have the fields ${JSON.stringify(trigger.match)}`;
}

function runJson({
  id,
  attempt,
  outcome,
  reason,
  error,
  settledAt,
}: RunRecord): Explanation['happened']['runs'][number] {
  return {
    id,
    attempt,
    outcome,
    reason: reason ?? null,
    error: error?.message ?? null,
    settled_at: settledAt.toISOString(),
  };
}

function notesOn(
  { filter }: Judgement,
  { context }: Situation,
  event: StoredEvent,
  matches: boolean,
  isDelivered: boolean,
  runs: RunRecord[],
): string[] {
  const notes: string[] = [];
  if (context) notes.push('Judged on what the trigger remembers now, which may be more or less than it was then.');
  if (context?.events.some(({ id }) => id === event.id)) notes.push('The event is among those remembered already.');
  if (remembers(filter) && runs.some(({ outcome }) => outcome === 'completed' || outcome === 'accumulated')) {
    notes.push('The event has passed before, so that dedupe or rateLimit may count it against itself.');
  }
  if (matches && !isDelivered && runs.length === 0) {
    notes.push(
      'There is no trace of a delivery: the trigger was registered after the event, or the history of it is gone. POST /events/replay delivers it.',
    );
  }
  return notes;
}

function remembers(filter: Testimony | null): boolean {
  if (!filter) return false;
  return filter.name === 'dedupe' || filter.name === 'rateLimit' || filter.children.some(remembers);
}
