/** What a limit is of: one run, or a day of one agent or all, of a trigger, of a scope. */
export type BudgetLevel = 'run' | 'day' | 'trigger' | 'scope';
export type BudgetUnit = 'usd' | 'tokens' | 'seconds' | 'tool_calls';

/** A limit, and what of it is used. */
export interface Budget {
  id: string;
  level: BudgetLevel;
  /** `null` for all agents together. */
  agent: string | null;
  /** The trigger, the scope, or the run as event, trigger and ordinal; `null` of a day. */
  key: string | null;
  unit: BudgetUnit;
  /** `2026-01-31`, in UTC; of a run, when it was used up. */
  day: string;
  /** What the code allows, and what people have added to it. */
  allowed: number;
  raised: number;
  spent: number;
  /** For calls that are under way. */
  reserved: number;
  /** Since when nothing is left; `null` while there is. */
  exhaustedAt: Date | null;
  /** How many deliveries are parked until it is raised; counted up to 1,000. */
  waiting: number;
}

/** All that is given must hold. */
export interface BudgetSearch {
  /** Only those of today, and runs, of which nothing is left. */
  exhausted?: boolean;
  level?: BudgetLevel;
  agent?: string;
  day?: string;
  /** 1 to 1,000; default 100. */
  limit?: number;
  cursor?: string;
}

/** Newest first. */
export interface BudgetPage {
  items: Budget[];
  nextCursor: string | null;
}

/** What agents may use and have used. Agents reserve and settle; here people look, and raise. */
export abstract class Budgets {
  abstract list(search: BudgetSearch): Promise<BudgetPage>;
  abstract find(id: string): Promise<Budget | null>;
  /** Adds to a limit of today or of a run and wakes those that wait for it; `null` when there is none or its day is over. */
  abstract raise(id: string, by: number): Promise<Budget | null>;
}
