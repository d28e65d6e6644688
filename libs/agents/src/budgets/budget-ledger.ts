import type { BudgetUnit } from './budget-options';

/** A limit of a day that a call counts to. */
export interface DayLimit {
  level: 'day' | 'trigger' | 'scope';
  /** Empty for all agents together. */
  agent: string;
  key: string;
  unit: BudgetUnit;
  allowed: number;
}

/** What a call wants of a limit. */
export interface Wish extends DayLimit {
  /** This part of the limit is for it. */
  share: number;
  /** What it may use, and what it has used if nobody tells how it ended. */
  most: number;
  least: number;
}

/** A limit that a call does not fit into. */
export interface RefusedBudget {
  /** `null` where it cannot be raised. */
  id: string | null;
  level: DayLimit['level'] | 'run';
  agent: string;
  key: string;
  unit: BudgetUnit;
  allowed: number;
  spent: number;
}

/** `busy`: other calls that are under way have reserved what is left, and may leave some of it. */
export type Verdict =
  | { verdict: 'granted' }
  | { verdict: 'busy'; budget: RefusedBudget }
  | { verdict: 'exhausted'; budget: RefusedBudget; nextDayInMs: number };

export type Used = Partial<Record<BudgetUnit, number>>;

/**
 * Keeps limits of days over all runs and processes. A call reserves before it begins and is settled after; one that is never
 * settled, since its process died, gives back what it had reserved in time, but for `least`.
 */
export abstract class BudgetLedger {
  /** All or nothing. A call is let through when it fits, or when it is the only one and anything is left. */
  abstract reserve(call: string, wishes: readonly Wish[], forMs: number): Promise<Verdict>;
  /** The same for what is used at once. */
  abstract spend(wishes: readonly Wish[]): Promise<Verdict>;
  abstract settle(call: string, used: Used): Promise<void>;
  /** Puts on record that a run has used up its own limit; answers by how much people have raised it. */
  abstract exhaustRun(run: RefusedBudget): Promise<{ id: string | null; raised: number }>;
}
