import { createHash } from 'node:crypto';
import { type CurrentRun, currentRun } from '@reflex/observability';
import type { AgentDefinition } from '../agent-definition';
import { AgentSetupError } from '../errors';
import type { AgentModel } from '../models/models';
import type { BudgetLedger, DayLimit } from './budget-ledger';
import { assertBudget, limitsDollars, limitsOf, type AgentBudget, type DayBudgets } from './budget-options';
import { ModelPriceMissing } from './errors';
import { MemoryBudgetLedger } from './memory-budget-ledger';
import { Prices } from './prices';
import { RunBudget } from './run-budget';

/** An entry of an index must stay below 2.7 kB. */
const MAX_KEY = 512;

/** Opens the budget of each run of an agent. */
export class BudgetKeeper {
  private readonly runs = new WeakMap<CurrentRun, Map<string, number>>();

  constructor(
    readonly prices: Prices = new Prices(),
    private readonly ledger: BudgetLedger = new MemoryBudgetLedger(),
    /** For all agents together. */
    private readonly common: DayBudgets = {},
  ) {
    assertBudget(common, 'The budget of all agents');
  }

  /** Throws `AgentSetupError` for a budget that cannot be kept with these models. */
  check(agent: string, budget: AgentBudget, models: readonly AgentModel[]): void {
    assertBudget(budget, `The budget of agent "${agent}"`);
    if (!limitsDollars(budget) && !limitsDollars(this.common)) return;
    const names = models.flatMap(({ name, fallbacks = [] }) => [name, ...fallbacks.map((one) => one.name)]);
    const unknown = names.find((name) => !this.prices.of(name));
    if (unknown !== undefined) {
      throw new AgentSetupError(`Agent "${agent}" cannot start: ${new ModelPriceMissing(unknown).message}`);
    }
  }

  open(agent: AgentDefinition): RunBudget {
    const run = currentRun();
    const { budget } = agent;
    return new RunBudget({
      agent,
      policy: budget.onExhausted ?? this.common.onExhausted ?? 'fail',
      saysSo: budget.onExhausted !== undefined,
      days: [...daysOf(agent.account ?? agent.name, budget, run), ...daysOf('', this.common, run)],
      ledger: this.ledger,
      prices: this.prices,
      run,
      ordinal: run ? this.ordinal(run, agent.name) : 0,
    });
  }

  /** What goes on once the dear model has used up its part: this alone, since what else there is may be dear too. */
  degradeTo(budget: AgentBudget): readonly string[] | undefined {
    const choice = budget.degradeTo ?? this.common.degradeTo;
    return typeof choice === 'string' ? [choice] : choice;
  }

  private ordinal(run: CurrentRun, agent: string): number {
    const known = this.runs.get(run) ?? new Map<string, number>();
    this.runs.set(run, known);
    const next = (known.get(agent) ?? 0) + 1;
    known.set(agent, next);
    return next;
  }
}

function daysOf(agent: string, { perDay, perTrigger, perScope }: DayBudgets, run: CurrentRun | undefined): DayLimit[] {
  const levels = [
    { level: 'day', limits: perDay, key: '' },
    { level: 'trigger', limits: perTrigger, key: run?.trigger ?? '' },
    { level: 'scope', limits: perScope, key: run?.scope ?? '' },
  ] as const;
  return levels.flatMap(({ level, limits, key }) =>
    limitsOf(limits ?? {}).map(([unit, allowed]) => ({ level, agent, key: keyOf(key), unit, allowed })),
  );
}

function keyOf(text: string): string {
  if (text.length <= MAX_KEY) return text;
  return `${text.slice(0, 64)}#${createHash('sha256').update(text).digest('hex')}`;
}
