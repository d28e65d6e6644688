import type { Pool } from 'pg';
import { type Budget, type BudgetPage, Budgets, type BudgetSearch } from '../budgets';
import { InvalidCursor } from '../errors';
import { FIND_BUDGET, LIST_BUDGETS, RAISE_BUDGET } from './budget-queries';
import { pageSize } from './event-reader';
import { reachable } from './outage';

const BIGINT = /^\d{1,18}$/;

type BudgetRow = Omit<Budget, 'exhaustedAt'> & { exhausted_at: Date | null };

export class PostgresBudgets extends Budgets {
  constructor(
    private readonly pool: Pool,
    /** Told after somebody was woken. */
    private readonly onWake: () => void,
  ) {
    super();
  }

  async list({ exhausted = false, level, agent, day, limit: asked, cursor }: BudgetSearch): Promise<BudgetPage> {
    if (cursor !== undefined && !BIGINT.test(cursor)) throw new InvalidCursor();
    const limit = pageSize(asked);
    const wanted = [level, agent, day, cursor].map((value) => value ?? null);
    const rows = await this.rows<BudgetRow>(LIST_BUDGETS, [exhausted, ...wanted, limit + 1]);
    return {
      items: rows.slice(0, limit).map(toBudget),
      nextCursor: rows.length > limit ? rows[limit - 1]!.id : null,
    };
  }

  async find(id: string): Promise<Budget | null> {
    if (!BIGINT.test(id)) return null;
    const [row] = await this.rows<BudgetRow>(FIND_BUDGET, [id]);
    return row ? toBudget(row) : null;
  }

  async raise(id: string, by: number): Promise<Budget | null> {
    if (!BIGINT.test(id)) return null;
    const [row] = await this.rows<{ count: number }>(RAISE_BUDGET, [id, by]);
    if (row!.count === 0) return null;
    this.onWake();
    return this.find(id);
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}

function toBudget({ exhausted_at: exhaustedAt, ...row }: BudgetRow): Budget {
  return { ...row, exhaustedAt };
}
