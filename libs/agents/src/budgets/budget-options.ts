import { AgentSetupError } from '../errors';
import type { ModelChoice } from '../models/models';

/** What may be used of each; what is not named has no limit. */
export interface BudgetLimits {
  /** US dollars for models. */
  usd?: number;
  /** Of models, in and out. */
  tokens?: number;
  /** Wall clock of agents. */
  seconds?: number;
  /** Calls of tools; those that an earlier attempt had made are not counted again. */
  toolCalls?: number;
}

/**
 * What becomes of a run when a limit is used up: `fail` a dead letter with the code `budget_exhausted` · `degrade` the last
 * fifth of the dollars and tokens is kept for `degradeTo`, and then it fails · `park` it waits until a person raises the
 * limit, or for the next day.
 */
export type OnExhausted = 'fail' | 'degrade' | 'park';

/** Limits of a day in UTC. */
export interface DayBudgets {
  perDay?: BudgetLimits;
  /** For each trigger by itself. */
  perTrigger?: BudgetLimits;
  /** For each scope of triggers by itself, such as a customer. */
  perScope?: BudgetLimits;
  /** Default: what the application says, or `fail`. */
  onExhausted?: OnExhausted;
  /** The cheaper model. */
  degradeTo?: ModelChoice;
}

/** Bounds of an agent: of one run, and of all its runs of a day. */
export interface AgentBudget extends DayBudgets {
  /** US dollars for models in one run. */
  usd?: number;
  /** Of models in one run, in and out. */
  tokens?: number;
  /** Wall clock; at its end the run is aborted. */
  seconds?: number;
  /** Further calls are refused, and the model is told so; with `onExhausted` the run fails or is parked instead. */
  toolCalls?: number;
}

export type BudgetUnit = 'usd' | 'tokens' | 'seconds' | 'tool_calls';

/** As pairs, by the names of units. */
export function limitsOf({ usd, tokens, seconds, toolCalls }: BudgetLimits): [BudgetUnit, number][] {
  const all = { usd, tokens, seconds, tool_calls: toolCalls };
  return (Object.entries(all) as [BudgetUnit, number | undefined][]).filter((pair) => pair[1] !== undefined) as [
    BudgetUnit,
    number,
  ][];
}

/** Whether dollars are limited anywhere in it. */
export function limitsDollars(budget: AgentBudget): boolean {
  return [budget, budget.perDay, budget.perTrigger, budget.perScope].some((limits) => limits?.usd !== undefined);
}

/** Throws `AgentSetupError` for limits that cannot be meant. */
export function assertBudget(budget: AgentBudget, whose: string): void {
  for (const limits of [budget, budget.perDay, budget.perTrigger, budget.perScope]) {
    for (const [unit, limit] of limitsOf(limits ?? {})) {
      if (Number.isFinite(limit) && limit > 0) continue;
      throw new AgentSetupError(`${whose} limits ${unit} to ${limit}. Write a number above 0, or leave it out.`);
    }
  }
  if ((budget.onExhausted === 'degrade') !== (budget.degradeTo !== undefined)) {
    throw new AgentSetupError(`${whose} must say both onExhausted: 'degrade' and degradeTo with the cheaper model.`);
  }
}
