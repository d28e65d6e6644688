import type { DecisionContext } from '../context/decision-context';
import { STATE } from '../context/decision-context';
import type { Trigger } from '../trigger';
import type { Witness } from '../witness';

/** What filter and condition make of a delivery. */
export type Decision =
  | { fire: true }
  | { fire: false; outcome: 'filtered'; reason: string }
  | { fire: false; outcome: 'deferred'; reason: string; retryInMs: number }
  | { fire: false; outcome: 'accumulated'; reason: string; wakeInMs: number | null };

const FIRE: Decision = { fire: true };

/** Who listens when a decision is explained. */
export interface Witnesses {
  filter: Witness;
  condition: Witness;
}

/** Filter, then condition. A tick goes to the condition alone: its event is no event of the trigger. */
export function decide(trigger: Trigger, context: DecisionContext, witnesses?: Witnesses): Decision {
  const { isTick } = context[STATE];
  if (trigger.check && !isTick) {
    const verdict = trigger.check(context, witnesses?.filter);
    if (!verdict.pass) {
      const { reason, retryInMs } = verdict;
      if (retryInMs === undefined) return { fire: false, outcome: 'filtered', reason };
      return { fire: false, outcome: 'deferred', reason, retryInMs };
    }
  }
  if (isTick && context[STATE].pendingCount === 0) return NOTHING_WAITS;
  if (!trigger.condition) return FIRE;
  const judgement = trigger.condition.parts.judge(context, witnesses?.condition);
  return judgement.fire ? FIRE : { ...judgement, outcome: 'accumulated' };
}

const NOTHING_WAITS: Decision = { fire: false, outcome: 'accumulated', reason: 'no event waits', wakeInMs: null };
