import { Injectable } from '@nestjs/common';
import { Audit, type Operator } from '@reflex/auth';
import { type Budget, type BudgetPage, type BudgetSearch, EventStore } from '@reflex/event-store';
import { BudgetOver, noBudget } from '../errors';

/** What agents may use and have used, and who raises it; for the API and the command line. */
@Injectable()
export class BudgetService {
  constructor(
    private readonly store: EventStore,
    private readonly audit: Audit,
  ) {}

  list(search: BudgetSearch): Promise<BudgetPage> {
    return this.store.budgets.list(search);
  }

  async get(id: string): Promise<Budget> {
    const budget = await this.store.budgets.find(id);
    if (!budget) throw noBudget(id);
    return budget;
  }

  /** Adds so much to a limit of today or of a run; those that wait for it go on. */
  async raise(id: string, by: number, operator: Operator): Promise<Budget> {
    const { level, agent, key, unit, day, allowed, raised } = await this.get(id);
    const details = { level, agent, key, unit, day, allowed, raised_before: raised, by };
    return this.audit.perform({ ...operator, action: 'budget.raise', target: id, details }, async () => {
      const budget = await this.store.budgets.raise(id, by);
      if (!budget) throw new BudgetOver(id, day);
      return budget;
    });
  }
}
