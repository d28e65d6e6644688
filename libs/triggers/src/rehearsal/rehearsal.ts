import type { ConditionTestimony, Testimony } from '@reflex/core';
import type { Delivery, StoredContext, StoredEvent } from '@reflex/event-store';
import { ContextMemory, type Decode } from '../context/context-memory';
import { DecisionContext } from '../context/decision-context';
import { DecisionState } from '../context/decision-state';
import { asCondition, Witness } from '../witness';
import type { Trigger } from '../trigger';
import { decide, type Decision, type Witnesses } from '../worker/decide';
import type { Agenda } from './agenda';

/** What filter and condition say in a rehearsal; `fails` when one of them throws or the event cannot be read. */
export type RehearsedVerdict = 'fires' | 'filtered' | 'deferred' | 'accumulated' | 'fails';

export interface Rehearsed {
  event: StoredEvent;
  scope: string | null;
  /** A timer woke the context. */
  isTick: boolean;
  /** When it was decided, in milliseconds since 1970 of the agenda. */
  atMs: number;
  verdict: RehearsedVerdict;
  reason: string;
  filter: Testimony | null;
  condition: ConditionTestimony | null;
}

export interface RehearsalOptions {
  agenda: Agenda;
  decode: Decode;
  /** With what the trigger remembers before the decision; copy it to keep it. */
  tell: (rehearsed: Rehearsed, memory: ContextMemory) => void;
  /** Whether to ask before witnesses, which is slower. */
  witnessed?: () => boolean;
}

interface Lane {
  memory: ContextMemory;
  wakeAt: number | null;
  /** Events behind one that was put off; `null` while none is. */
  behind: StoredEvent[] | null;
}

/** As the store keeps them, unless it is told otherwise. */
const MOST_EVENTS = 1_000;

/**
 * Decides about deliveries as a worker would, in virtual time, and remembers in memory alone. Handlers are not called: each is
 * taken to succeed, and to leave it to the worker to clear the context.
 */
export class Rehearsal {
  private readonly lanes = new Map<string, Lane>();
  private readonly remembers: boolean;
  private ticks = 0;

  constructor(
    readonly trigger: Trigger,
    private readonly options: RehearsalOptions,
  ) {
    this.remembers = trigger.definition.stateful;
  }

  /** Whether it needs a context for the scope that it does not have yet. */
  lacks(scope: string | null): scope is string {
    return this.remembers && scope !== null && !this.lanes.has(scope);
  }

  /** Begins a scope with what the trigger remembers of it. */
  recall(scope: string, context: StoredContext): void {
    this.lanes.set(scope, { memory: ContextMemory.load(context, this.options.decode), wakeAt: null, behind: null });
  }

  /** Now is the agenda's. */
  deliver(event: StoredEvent, scope: string | null): void {
    const lane = this.remembers && scope !== null ? this.laneOf(scope, event) : null;
    if (lane?.behind) lane.behind.push(event);
    else this.decide(event, scope, lane);
  }

  private decide(event: StoredEvent, scope: string | null, lane: Lane | null, isTick = false): void {
    const { agenda, tell, witnessed } = this.options;
    const witnesses = witnessed?.() ? { filter: new Witness(), condition: new Witness() } : undefined;
    const state = this.stateOf(event, scope, lane);
    const decision = this.ask(state, witnesses);
    if (isTick && !('error' in decision) && !decision.fire && state.pendingCount === 0) return;
    const rehearsed: Rehearsed = {
      event,
      scope,
      isTick,
      atMs: agenda.nowMs(),
      ...verdictOf(decision),
      filter: witnesses?.filter.testimony ?? null,
      condition: asCondition(witnesses?.condition.testimony ?? null),
    };
    tell(rehearsed, state.input.memory);
    if ('error' in decision) return;
    if (decision.fire || decision.outcome === 'accumulated') this.keep(decision, state, scope, lane);
    else if (decision.outcome === 'deferred') this.putOff(event, scope, lane, decision.retryInMs);
  }

  private ask(state: DecisionState, witnesses?: Witnesses): Decision | { error: Error } {
    try {
      state.decodeNow();
      return decide(this.trigger, new DecisionContext(state), witnesses);
    } catch (error) {
      return { error: error as Error };
    }
  }

  private keep(
    decision: Decision & ({ fire: true } | { outcome: 'accumulated' }),
    state: DecisionState,
    scope: string | null,
    lane: Lane | null,
  ): void {
    if (!lane || scope === null) return;
    const { agenda } = this.options;
    const wakeInMs = decision.fire ? null : decision.wakeInMs;
    const lookbackMs = this.trigger.condition?.parts.lookbackMs ?? null;
    const change = decision.fire ? state.fired() : state.accumulated(wakeInMs, lookbackMs);
    lane.memory.apply(change, state.entry, new Date(agenda.nowMs()));
    lane.memory.keepNewest(MOST_EVENTS);
    lane.wakeAt = wakeInMs === null ? null : agenda.nowMs() + wakeInMs;
    if (lane.wakeAt !== null) this.wakeAt(lane.wakeAt, scope, lane);
  }

  private wakeAt(at: number, scope: string, lane: Lane): void {
    this.options.agenda.add(at, () => {
      // Another event has moved or ended the wait meanwhile.
      if (lane.wakeAt !== at) return;
      lane.wakeAt = null;
      this.decide(this.tick(at), scope, lane, true);
    });
  }

  private putOff(event: StoredEvent, scope: string | null, lane: Lane | null, inMs: number): void {
    const { agenda } = this.options;
    const blocks = lane !== null && this.trigger.definition.onRetry === 'block';
    if (blocks) lane.behind ??= [];
    agenda.add(agenda.nowMs() + inMs, () => {
      if (!blocks) return this.decide(event, scope, lane);
      const behind = [event, ...(lane.behind ?? [])];
      lane.behind = null;
      for (let next = behind.shift(); next; next = behind.shift()) {
        this.decide(next, scope, lane);
        // Told to come back once more: the others go on waiting.
        if (lane.behind) return void (lane.behind = behind);
      }
    });
  }

  private laneOf(scope: string, event: StoredEvent): Lane {
    const known = this.lanes.get(scope);
    if (known) return known;
    const lane: Lane = { memory: ContextMemory.empty(event.receivedAt), wakeAt: null, behind: null };
    this.lanes.set(scope, lane);
    return lane;
  }

  private stateOf(event: StoredEvent, scope: string | null, lane: Lane | null): DecisionState {
    const { name } = this.trigger.definition;
    const { decode, agenda } = this.options;
    const place = { eventSeq: '0', triggerId: 0, leaseToken: '0' };
    const delivery: Delivery = { ...place, trigger: name, scope, attempt: 1, event, context: null };
    const memory = lane?.memory ?? ContextMemory.empty(event.receivedAt);
    const signal = (): AbortSignal => new AbortController().signal;
    return new DecisionState({ trigger: name, delivery, stored: event, memory, decode, clock: agenda, signal });
  }

  /** As the store makes it when a context is to be looked at again. */
  private tick(at: number): StoredEvent {
    this.ticks += 1;
    const id = `tick:${this.ticks}`;
    const when = new Date(at);
    return {
      id,
      type: 'timer.tick',
      source: 'timer:context',
      timestamp: when,
      receivedAt: when,
      meta: { trace_id: '', correlation_id: id, causation_id: null, depth: 0 },
      payload: { timer_name: `context:${this.trigger.definition.name}`, tick_count: this.ticks },
    };
  }
}

function verdictOf(decision: Decision | { error: Error }): { verdict: RehearsedVerdict; reason: string } {
  if ('error' in decision) return { verdict: 'fails', reason: decision.error.message };
  if (decision.fire) return { verdict: 'fires', reason: 'The handler would run.' };
  return { verdict: decision.outcome, reason: decision.reason };
}
