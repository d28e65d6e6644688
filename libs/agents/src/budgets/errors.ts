import { budgetWaitKey, Parked, PermanentError, RetryLater } from '@reflex/core';
import type { RefusedBudget } from './budget-ledger';
import type { BudgetUnit } from './budget-options';

/** Calls take seconds; whoever waits for them comes back spread. */
const BUSY_MS = { least: 1_000, spread: 3_000 };

const UNITS: Record<BudgetUnit, string> = {
  usd: 'US dollars',
  tokens: 'tokens',
  seconds: 'seconds',
  tool_calls: 'tool calls',
};

/** Nothing is left of a limit. No retry: the day or the run has none until somebody raises it. */
export class BudgetExhausted extends PermanentError {
  override readonly code = 'budget_exhausted';

  constructor(budget: RefusedBudget) {
    const { id, level, agent, key, unit, allowed, spent } = budget;
    const raise =
      id === null ? 'Raise it where it is set, or give less to do.' : `Raise it: reflex budgets raise ${id}.`;
    super(`${sentence(budget)} ${raise}`, { details: { id, level, agent, key, unit, allowed, spent } });
  }
}

/** Calls that are under way have reserved what is left. They may leave some of it, so no attempt is used. */
export class BudgetBusy extends RetryLater {
  override readonly code: string = 'budget_busy';

  constructor(budget: RefusedBudget) {
    super(
      `${whose(budget)}: what is left of ${budget.allowed} ${UNITS[budget.unit]} is reserved by calls that are under way.`,
      BUSY_MS.least + BUSY_MS.spread * Math.random(),
    );
  }
}

/** The limit is in dollars, and nobody knows what the model costs. */
export class ModelPriceMissing extends PermanentError {
  override readonly code = 'model_price_missing';

  constructor(model: string) {
    super(
      `${model} has no price, so a limit in US dollars cannot be kept. Say it in MODEL_PRICES: {"${model}": {"input": 0.15, "output": 0.6}}, in US dollars per million tokens.`,
    );
  }
}

/** The dear model has used up its part, and the cheaper one goes on. Nobody outside gets to see it. */
export class DegradeNow extends Error {}

/** Nothing is left of a limit: the run waits until a person raises it, or for so long. */
export function waitsForBudget(budget: RefusedBudget, timeoutMs: number | undefined): Parked {
  const { id } = budget;
  return new Parked(`${sentence(budget)} It waits for somebody to raise it: reflex budgets raise ${id}.`, {
    waitsFor: budgetWaitKey(`${id}`),
    timeoutMs,
  });
}

function sentence(budget: RefusedBudget): string {
  return `${whose(budget)}: ${rounded(budget.allowed)} ${UNITS[budget.unit]} are used up (${rounded(budget.spent)}).`;
}

function whose({ level, agent, key }: RefusedBudget): string {
  const who = agent === '' ? 'all agents' : `agent "${agent}"`;
  if (level === 'run') return `The budget of ${who} for one run`;
  const what = level === 'day' ? '' : ` for the ${level} ${key === '' ? 'of calls without one' : `"${key}"`}`;
  return `The budget of ${who}${what} for this day`;
}

function rounded(amount: number): number {
  return Number(amount.toPrecision(6));
}
