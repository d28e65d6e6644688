import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { BudgetLedger, type RefusedBudget, type Used, type Verdict, type Wish } from './budget-ledger';
import { EXHAUST_RUN, RESERVE, SETTLE } from './queries';

interface ReserveRow {
  verdict: Verdict['verdict'];
  refused: (Omit<RefusedBudget, 'id'> & { id: number; raised: number }) | null;
  next_day_in_ms: number;
}

/** Limits over all processes on one database. */
export class PostgresBudgetLedger extends BudgetLedger {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  reserve(call: string, wishes: readonly Wish[], forMs: number): Promise<Verdict> {
    return this.ask(call, wishes, forMs, false);
  }

  spend(wishes: readonly Wish[]): Promise<Verdict> {
    return this.ask(randomUUID(), wishes, 0, true);
  }

  async settle(call: string, used: Used): Promise<void> {
    await this.dataSource.query(SETTLE, [call, JSON.stringify(used)]);
  }

  async exhaustRun({ agent, key, unit, allowed, spent }: RefusedBudget): Promise<{ id: string; raised: number }> {
    const rows = await this.dataSource.query<{ id: string; raised: number }[]>(EXHAUST_RUN, [
      agent,
      key,
      unit,
      allowed,
      spent,
    ]);
    return rows[0]!;
  }

  private async ask(call: string, wishes: readonly Wish[], forMs: number, atOnce: boolean): Promise<Verdict> {
    const values = [JSON.stringify(wishes), call, forMs, atOnce];
    const [row] = await this.dataSource.query<ReserveRow[]>(RESERVE, values);
    const { verdict, refused, next_day_in_ms: nextDayInMs } = row!;
    if (verdict === 'granted' || !refused) return { verdict: 'granted' };
    const { id, level, agent, key, unit, allowed, raised, spent } = refused;
    const budget = { id: String(id), level, agent, key, unit, allowed: allowed + raised, spent };
    return verdict === 'busy' ? { verdict, budget } : { verdict, budget, nextDayInMs };
  }
}
