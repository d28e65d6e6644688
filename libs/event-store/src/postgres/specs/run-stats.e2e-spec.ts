import type { RunUsage } from '@reflex/core';
import { Pool } from 'pg';
import { RunStatsReader } from '../run-stats-reader';
import type { RunOutcome } from '../../settlement';
import type { RunStatsSearch } from '../../run-stats';
import { settlement, storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

const DAY_MS = 86_400_000;

describe('what runs came to', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  const usageOf = (agent: string, input: number, usd: number, ms: number): RunUsage => ({
    input_tokens: input,
    output_tokens: 1,
    cost_usd: usd,
    tool_calls: [],
    agents: [{ agent, runs: 1, input_tokens: input, output_tokens: 1, cost_usd: usd, duration_ms: ms }],
  });

  const lastDay = (by: RunStatsSearch['by']): RunStatsSearch => ({
    from: new Date(Date.now() - DAY_MS),
    to: new Date(Date.now() + 60_000),
    by,
  });

  async function ended(...runs: [outcome: RunOutcome, durationMs: number, usage?: RunUsage][]) {
    const { store, claim } = await worker(stores, [trigger('t'), trigger('other', { types: ['none'] })]);
    await store.publish(runs.map((_run, index) => ticket(index)));
    const deliveries = (await claim()).flat();
    for (const [index, [outcome, durationMs, usage]] of runs.entries()) {
      const ending = settlement(deliveries[index]!, outcome, { retryInMs: 60_000 });
      await store.settle({ ...ending, run: { ...ending.run, durationMs, usage } });
    }
    return store;
  }

  it('is added up by trigger: failures, tokens and cost of all attempts, times of those that came to an end', async () => {
    const store = await ended(
      ['completed', 100, usageOf('a', 10, 0.1, 90)],
      ['completed', 200, usageOf('a', 20, 0.2, 190)],
      ['failed', 300, usageOf('b', 30, 0.3, 290)],
      ['parked', 5, usageOf('b', 40, 0.4, 4)],
      ['filtered', 1],
    );

    const { items, nextCursor } = await store.runStats(lastDay(['trigger']));

    expect(items).toEqual([
      {
        trigger: 't',
        runs: 3,
        failures: 1,
        inputTokens: 100,
        outputTokens: 4,
        costUsd: 1,
        meanMs: 200,
        p50Ms: 200,
        p95Ms: 290,
      },
    ]);
    expect(nextCursor).toBeNull();
  });

  it('is told apart by agent and day, the dearest first, page by page', async () => {
    const store = await ended(
      ['completed', 100, usageOf('a', 10, 0.1, 90)],
      ['dead_letter', 300, usageOf('b', 30, 0.3, 290)],
      ['completed', 7],
    );

    const whole = await store.runStats(lastDay(['agent', 'day']));
    const first = await store.runStats({ ...lastDay(['agent']), limit: 1 });
    const second = await store.runStats({ ...lastDay(['agent']), limit: 1, cursor: first.nextCursor! });

    const day = new Date().toISOString().slice(0, 10);
    expect(whole.items).toMatchObject([
      { agent: 'b', day, runs: 1, failures: 1, costUsd: 0.3, p50Ms: 290 },
      { agent: 'a', day, runs: 1, failures: 0, costUsd: 0.1, p50Ms: 90 },
    ]);
    expect([first.items[0]?.agent, second.items[0]?.agent, second.nextCursor]).toEqual(['b', 'a', null]);
  });

  it('is given up when it takes too long, and leaves the connection as it was', async () => {
    const store = await ended(['completed', 100, usageOf('a', 10, 0.1, 90)]);
    const pool = new Pool({ connectionString: stores.url, max: 1 });
    const lock = store.dataSource.createQueryRunner();
    await lock.startTransaction();
    await lock.query('lock table reflex.triggers in access exclusive mode');

    const error = await new RunStatsReader(pool, 200).stats(lastDay(['agent'])).catch((thrown: unknown) => thrown);
    await lock.rollbackTransaction();
    await lock.release();

    expect(error).toMatchObject({ code: 'too_many_runs', status: 422 });
    expect((await pool.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '0' }]);
    expect((await new RunStatsReader(pool, 5_000).stats(lastDay(['agent']))).items).toHaveLength(1);
    await pool.end();
  });

  it('reads no day outside of the window', async () => {
    const store = await ended(['completed', 100, usageOf('a', 10, 0.1, 90)]);
    const { from } = lastDay([]);

    expect(
      (await store.runStats({ from: new Date(from.getTime() - DAY_MS), to: from, by: ['trigger'] })).items,
    ).toEqual([]);
  });
});
