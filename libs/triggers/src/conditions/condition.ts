import { durationMs, type Duration } from '@reflex/core';
import type { BaseEvent } from '@reflex/events';
import { STATE, type DecisionContext } from '../context/decision-context';
import type { DecisionState } from '../context/decision-state';
import { TriggerSetupError } from '../errors';
import { assertSynchronous } from '../synchronous';
import { type Described, type Witness, witnessed } from '../witness';

/** What a condition says; with `wakeInMs` it wants to be asked again even if no event comes. */
export type Judgement = { fire: true } | { fire: false; reason: string; wakeInMs: number | null };

export const FIRE: Judgement = { fire: true };

export interface ConditionParts extends Described {
  /** How `GET /triggers` names it. */
  text: string;
  /** How long it needs an event, in milliseconds; `null` for until it fires. Older ones are forgotten. */
  lookbackMs: number | null;
  judge: (context: DecisionContext, witness?: Witness) => Judgement;
}

/** Decides, over the events since the last action, whether the handler runs now. */
export class Condition<E extends BaseEvent = BaseEvent> {
  /** Only for types: a condition over some events is none over all events. */
  declare protected readonly accepts: (event: E) => void;

  readonly parts: ConditionParts;

  constructor(parts: ConditionParts) {
    this.parts = { ...parts, judge: witnessed(parts, parts.judge) };
  }

  /** Fires as well when the oldest waiting event is this old. */
  orAfter(duration: Duration): Condition<E> {
    const later = orAfter(duration);
    const first = this.parts;
    const second = later.parts;
    return new Condition<E>({
      name: 'or',
      args: [],
      children: [this, later],
      text: `${first.text} or after ${duration}`,
      lookbackMs: first.lookbackMs === null ? null : Math.max(first.lookbackMs, second.lookbackMs ?? 0),
      judge: (context, witness) => {
        const one = first.judge(context, witness);
        if (one.fire) return one;
        const other = second.judge(context, witness);
        if (other.fire) return other;
        const wakes = [one.wakeInMs, other.wakeInMs].filter((wake) => wake !== null);
        const wakeInMs = wakes.length > 0 ? Math.min(...wakes) : null;
        return { fire: false, reason: `${one.reason}, ${other.reason}`, wakeInMs };
      },
    });
  }
}

/** Fires on every event; the default. */
export const always = new Condition({ name: 'always', args: [], text: 'always', lookbackMs: 0, judge: () => FIRE });

/** `count(5).within('60s')` fires at the fifth event since the last action in 60 s, by time of receipt. */
export function count(n: number): { within: (duration: Duration) => Condition } {
  assertWhole('count', n);
  return {
    within: (duration) => {
      const windowMs = positive('within', duration);
      return new Condition({
        name: 'count',
        args: [n, duration],
        text: `${n} within ${duration}`,
        lookbackMs: windowMs,
        judge: (context, witness) => {
          const state = context[STATE];
          const from = state.nowMs - windowMs;
          const seen = state.pendingTimes().filter((time) => time >= from).length;
          witness?.saw({ count: seen, of: n, from: iso(from), to: iso(state.nowMs) });
          return seen >= n ? FIRE : { fire: false, reason: `${seen} of ${n} within ${duration}`, wakeInMs: null };
        },
      });
    },
  };
}

/** Fires at every n-th event. */
export function every(n: number): Condition {
  assertWhole('every', n);
  return new Condition({
    name: 'every',
    args: [n],
    text: `every ${n}`,
    lookbackMs: null,
    judge: (context, witness) => {
      const { pendingCount } = context[STATE];
      witness?.saw({ count: pendingCount, of: n });
      return pendingCount >= n ? FIRE : { fire: false, reason: `${pendingCount} of ${n}`, wakeInMs: null };
    },
  });
}

/** Fires when the oldest waiting event is this old: a timer wakes the context if no event does. */
export function orAfter(duration: Duration): Condition {
  const delayMs = positive('orAfter', duration);
  return new Condition({
    name: 'orAfter',
    args: [duration],
    text: `after ${duration}`,
    lookbackMs: null,
    judge: (context, witness) => {
      const state = context[STATE];
      const times = state.pendingTimes();
      if (times.length === 0) return NOTHING_WAITS;
      const due = Math.min(...times) + delayMs;
      witness?.saw({ waiting: times.length, due_at: iso(due), now: iso(state.nowMs) });
      if (state.nowMs >= due) return FIRE;
      return { fire: false, reason: `less than ${duration} since the first`, wakeInMs: untilMs(state, due) };
    },
  });
}

/**
 * Fires when no event came for this long (debounce). Only the timer can tell: while events wait behind this one, an old
 * event does not mean quiet.
 */
export function quietFor(duration: Duration): Condition {
  const quietMs = positive('quietFor', duration);
  return new Condition({
    name: 'quietFor',
    args: [duration],
    text: `quiet for ${duration}`,
    lookbackMs: null,
    judge: (context, witness) => {
      const state = context[STATE];
      const times = state.pendingTimes();
      if (times.length === 0) return NOTHING_WAITS;
      const due = Math.max(...times) + quietMs;
      witness?.saw({ waiting: times.length, due_at: iso(due), now: iso(state.nowMs), is_timer: state.isTick });
      if (state.isTick && state.nowMs >= due) return FIRE;
      return { fire: false, reason: `waits for ${duration} of quiet`, wakeInMs: untilMs(state, due) };
    },
  });
}

/** A condition of one's own: a pure function of the context. */
export function conditionOf<E extends BaseEvent>(decide: (context: DecisionContext<E>) => boolean): Condition<E> {
  const name = decide.name && decide.name !== 'when' ? decide.name : 'condition';
  const refusal: Judgement = { fire: false, reason: `${name} says no`, wakeInMs: null };
  return new Condition<E>({
    name: 'when',
    args: [name],
    text: name,
    lookbackMs: null,
    judge: (context, witness) => {
      const answer: unknown = decide(context as DecisionContext<E>);
      witness?.saw({ events: context.events.length });
      assertSynchronous(name, answer);
      return answer ? FIRE : refusal;
    },
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

const NOTHING_WAITS: Judgement = { fire: false, reason: 'no event waits', wakeInMs: null };

/** From now, not from the moment that is judged, which lies back when the queue is long. */
function untilMs(state: DecisionState, due: number): number {
  return Math.max(0, Math.ceil(due - state.input.clock.nowMs()));
}

function positive(name: string, duration: Duration): number {
  const ms = durationMs(duration);
  if (ms <= 0)
    throw new TriggerSetupError(`${name}(${duration}) needs a time longer than nothing. Write one such as 60s.`);
  return ms;
}

function assertWhole(name: string, n: number): void {
  if (!Number.isInteger(n) || n < 1) {
    throw new TriggerSetupError(`${name}(${n}) needs a whole number from 1. Correct it.`);
  }
}
