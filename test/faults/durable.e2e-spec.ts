import { openPostgresStore, type PostgresEventStore } from '@reflex/event-store';
import { eventually, freshDatabase, startProcess, type TestDatabase, type TestProcess } from '@reflex/test';
import { full, report } from './form';
import { FannedWork, WorkItem } from './work-events';

const LEASE_MS = full ? 4_000 : 1_000;
const TIMES = full ? 20 : 1;

/** Where the process dies, and how often each step was done in the end; a step interrupted itself is done again. */
const POINTS: [dieAt: string, done: { first: number; second: number; third: number }][] = [
  ['in first', { first: 2, second: 1, third: 1 }],
  ['between', { first: 1, second: 1, third: 1 }],
  ['in second', { first: 1, second: 2, third: 1 }],
  ['parking', { first: 1, second: 1, third: 1 }],
  ['parked', { first: 1, second: 1, third: 1 }],
  ['woken', { first: 1, second: 1, third: 1 }],
  ['answered', { first: 1, second: 1, third: 1 }],
  ['in third', { first: 1, second: 1, third: 2 }],
];

describe('a durable run whose process is killed', () => {
  let database: TestDatabase;
  let store: PostgresEventStore & { close(): Promise<void> };
  const processes: TestProcess[] = [];

  beforeAll(async () => {
    database = await freshDatabase();
    store = await openPostgresStore({ url: database.url, poolSize: 4, leaseMs: LEASE_MS });
    await store.dataSource.query('create table world (name text not null, key text not null)');
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.kill('SIGKILL')));
    await store.dataSource.query('truncate world, reflex.deliveries, reflex.runs, reflex.lanes');
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  async function start(dieAt?: string): Promise<TestProcess> {
    const env = { DURABLE_WORKER: JSON.stringify({ url: database.url, leaseMs: LEASE_MS, dieAt }) };
    const started = startProcess('test/faults/fixtures/durable-worker.ts', { env });
    processes.push(started);
    await started.line(/^ready/, { timeoutMs: 60_000 });
    return started;
  }

  it.each(POINTS)(
    `%s, ${TIMES} times, goes on in another one where it was`,
    async (dieAt, done) => {
      for (let n = 0; n < TIMES; n += 1) {
        await store.dataSource.query('truncate world');
        const victim = await start(dieAt);
        const [published] = await store.publish(WorkItem.of({ n, act: 'nothing', source: 'test' }));
        const answer = () => store.publish(FannedWork.of({ n, act: 'nothing', lane: 'yes', source: 'test' }));
        const isAnsweredBefore = ['woken', 'answered', 'in third'].includes(dieAt);
        if (isAnsweredBefore) {
          await victim.line(/^settled parked/);
          await answer();
        }
        expect(await victim.ended).toMatchObject({ signal: 'SIGKILL' });
        if (dieAt === 'parked') await answer();

        const heir = await start();
        if (!isAnsweredBefore && dieAt !== 'parked') {
          await heir.line(/^settled parked/);
          await answer();
        }

        const { items } = await eventually(
          async () => {
            const found = await store.searchRuns({ eventId: published!.id, outcome: 'completed' });
            expect(found.items).toHaveLength(1);
            return found;
          },
          { timeoutMs: LEASE_MS * 4 + 10_000 },
        );
        expect(items[0]!.result).toEqual(['first', 'second', 'yes', 'third']);
        expect(await counts()).toEqual(done);
        // Also what was done twice was done under one key.
        expect(await keys()).toBe(3);
        await heir.kill('SIGKILL');
      }
      report(`durable ${dieAt}`, { kills: TIMES, ...done });
    },
    TIMES * 60_000,
  );

  async function counts(): Promise<Record<string, number>> {
    const rows = await store.dataSource.query<{ name: string; count: number }[]>(
      'select name, count(*)::int as count from world group by 1',
    );
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
  }

  async function keys(): Promise<number> {
    const [row] = await store.dataSource.query<{ count: number }[]>(
      'select count(distinct key)::int as count from world',
    );
    return row!.count;
  }
});
