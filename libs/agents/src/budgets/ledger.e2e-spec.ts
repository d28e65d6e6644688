import { randomUUID } from 'node:crypto';
import { freshDatabase, type TestDatabase } from '@reflex/test';
import { DataSource } from 'typeorm';
import { MemoryBudgetLedger } from './memory-budget-ledger';
import { PostgresBudgetLedger } from './postgres-budget-ledger';
import type { BudgetLedger, Wish } from './budget-ledger';

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await freshDatabase();
  dataSource = await new DataSource({ type: 'postgres', url: database.url, poolSize: 10 }).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** A limit that no other test has. */
const limit = (allowed: number, rest: Partial<Wish> = {}): Wish => ({
  level: 'day',
  agent: randomUUID(),
  key: '',
  unit: 'usd',
  allowed,
  share: 1,
  most: 1,
  least: 0.25,
  ...rest,
});

describe.each<[string, () => BudgetLedger]>([
  ['in PostgreSQL', () => new PostgresBudgetLedger(dataSource)],
  ['in memory', () => new MemoryBudgetLedger()],
])('limits of a day %s', (_where, open) => {
  const verdicts = async (ledger: BudgetLedger, wishes: Wish[], calls: string[]) => {
    const all = [];
    for (const call of calls) all.push((await ledger.reserve(call, wishes, 60_000)).verdict);
    return all;
  };

  it('let through what fits, and when all is settled go on with what is left', async () => {
    const ledger = open();
    const wish = limit(2.5);
    const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];

    expect(await verdicts(ledger, [wish], [one, two, three])).toEqual(['granted', 'granted', 'busy']);
    await ledger.settle(one, { usd: 0.5 });
    expect(await verdicts(ledger, [wish], [three])).toEqual(['granted']);
    await ledger.settle(two, { usd: 1 });
    await ledger.settle(three, { usd: 1 });

    expect(await ledger.reserve(randomUUID(), [wish], 60_000)).toMatchObject({
      verdict: 'exhausted',
      budget: { level: 'day', agent: wish.agent, unit: 'usd', allowed: 2.5, spent: 2.5 },
      nextDayInMs: expect.any(Number),
    });
  });

  it('let a single call begin as long as anything is left, so that they are overrun by less than one call', async () => {
    const ledger = open();
    const wish = limit(1.5);
    const [one, two] = [randomUUID(), randomUUID()];

    await ledger.reserve(one, [wish], 60_000);
    await ledger.settle(one, { usd: 1 });

    expect(await verdicts(ledger, [wish], [two, randomUUID()])).toEqual(['granted', 'busy']);
  });

  it('keep the rest for a cheaper model, and let what is free pass', async () => {
    const ledger = open();
    const wish = limit(1);

    await ledger.spend([{ ...wish, most: 0.85 }]);

    expect((await ledger.reserve(randomUUID(), [{ ...wish, share: 0.8 }], 60_000)).verdict).toBe('exhausted');
    expect((await ledger.reserve(randomUUID(), [wish], 60_000)).verdict).toBe('granted');
    await ledger.spend([{ ...wish, most: 1 }]);
    expect((await ledger.reserve(randomUUID(), [{ ...wish, most: 0, least: 0 }], 60_000)).verdict).toBe('granted');
  });

  it('reserve of all or of none', async () => {
    const ledger = open();
    const [wide, narrow] = [limit(9), limit(1, { unit: 'tokens' })];
    await ledger.spend([narrow]);

    expect((await ledger.reserve(randomUUID(), [wide, narrow], 60_000)).verdict).toBe('exhausted');
    expect((await ledger.reserve(randomUUID(), [{ ...wide, most: 9 }], 60_000)).verdict).toBe('granted');
    expect((await ledger.reserve(randomUUID(), [{ ...wide, most: 1 }], 60_000)).verdict).toBe('busy');
  });
});

describe('limits in PostgreSQL', () => {
  const open = () => new PostgresBudgetLedger(dataSource);
  const budgetOf = async ({ agent }: Pick<Wish, 'agent'>) => {
    const rows = await dataSource.query<{ id: string; spent: number; reserved: number }[]>(
      `select id::text, spent::float8, reserved::float8 from reflex.budgets where agent = $1 order by day desc`,
      [agent],
    );
    return rows[0]!;
  };

  it('50 at once overrun one by less than one call, and none waits for another for ever', async () => {
    const ledger = open();
    const wishes = [
      limit(10.5),
      limit(1_000, { level: 'scope', key: 'a' }),
      limit(1_000, { level: 'trigger', key: 't' }),
    ];
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async (_call, index) => {
        const call = randomUUID();
        for (;;) {
          // In any order: the function puts them into one.
          const { verdict } = await ledger.reserve(call, index % 2 ? wishes : wishes.toReversed(), 60_000);
          if (verdict === 'exhausted') return 0;
          if (verdict === 'granted') break;
        }
        const usd = 0.5 + Math.random() / 2;
        await ledger.settle(call, { usd });
        return usd;
      }),
    );

    const spent = outcomes.reduce((sum, usd) => sum + usd, 0);
    const budget = await budgetOf(wishes[0]!);
    expect(budget.spent).toBeCloseTo(spent, 6);
    expect(budget.spent).toBeGreaterThanOrEqual(10.5);
    expect(budget.spent).toBeLessThan(11.5);
    expect(budget.reserved).toBe(0);
  });

  it('get back what a dead process had reserved, but for what its call has cost at least', async () => {
    const ledger = open();
    const wish = limit(2);
    await ledger.reserve(randomUUID(), [wish], 0);
    await ledger.reserve(randomUUID(), [{ ...wish, most: 2 }], 60_000);

    expect(await budgetOf(wish)).toMatchObject({ spent: 0.25, reserved: 2 });
  });

  it('begin anew with each day', async () => {
    const ledger = open();
    const wish = limit(1);
    await ledger.spend([wish]);
    expect((await ledger.spend([wish])).verdict).toBe('exhausted');

    await dataSource.query(`update reflex.budgets set day = day - 1 where agent = $1`, [wish.agent]);

    expect((await ledger.spend([wish])).verdict).toBe('granted');
  });

  it('of a run are put on record when they are used up, and tell by how much people have raised them', async () => {
    const ledger = open();
    const run = { id: null, level: 'run', agent: randomUUID(), key: 'r', unit: 'usd', allowed: 1, spent: 1 } as const;

    const first = await ledger.exhaustRun(run);
    await dataSource.query('select reflex.raise_budget($1, 2)', [first.id]);
    const second = await ledger.exhaustRun({ ...run, spent: 1.5 });

    expect([first.raised, second]).toEqual([0, { id: first.id, raised: 2 }]);
    expect(await budgetOf(run)).toMatchObject({ id: first.id, spent: 1.5 });
  });
});
