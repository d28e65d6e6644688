import { once } from 'node:events';
import { Client } from 'pg';
import { type EventStore, type Settlement, StoreUnavailable } from '@reflex/event-store';
import { eventually } from '@reflex/test';
import { every } from '../conditions/condition';
import { type OpenStore, onStep, runs, step, takes, type Workers, workersUnderTest } from './workers-under-test';

/** Lets the given calls of a method of the real store fail before they reach it. */
function spoil<Name extends 'settle' | 'claim' | 'openLease' | 'release'>(
  store: OpenStore,
  name: Name,
  error: (call: number, ...args: Parameters<EventStore[Name]>) => Error | undefined | Promise<Error>,
): void {
  const original = store[name].bind(store) as (...args: unknown[]) => Promise<never>;
  let calls = 0;
  (store as unknown as Record<string, unknown>)[name] = async (...args: Parameters<EventStore[Name]>) => {
    calls += 1;
    const failure = await error(calls, ...args);
    if (failure) throw failure;
    return original(...args);
  };
}

const outage = () => new StoreUnavailable(new Error('injected'));
/** As when the answer of a dead connection is waited for, while others go on. */
const lateOutage = () => new Promise<Error>((resolve) => setTimeout(() => resolve(outage()), 50));

describe('when the store is in trouble', () => {
  let workers: Workers;
  beforeAll(async () => (workers = await workersUnderTest()));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  it('the worker claims again, and opens its lease again, until it can', async () => {
    const handled: number[] = [];
    const { worker, store } = await workers.worker([
      onStep({ name: 'patient', handle: ({ event }) => void handled.push(event.n) }),
    ]);
    spoil(store, 'openLease', (call) => (call <= 2 ? outage() : undefined));
    spoil(store, 'claim', (call) => (call <= 2 ? new Error('anything') : undefined));
    const errors: unknown[] = [];
    worker.on('storeError', (error) => errors.push(error));

    await worker.start();
    await store.publish(step(1));

    await eventually(() => expect(handled).toEqual([1]));
    expect(errors).toHaveLength(4);
  });

  it('a context stays right although an outcome in the middle came through late', async () => {
    const fired: number[][] = [];
    const { worker, store } = await workers.worker([
      onStep({
        name: 'counted',
        when: (context) => {
          context.scratch['seen'] = Number(context.scratch['seen'] ?? 0) + 1;
          return every(7).parts.judge(context).fire;
        },
        handle: (context) => {
          fired.push([context.scratch['seen'] as number, ...context.events.map((event) => event.n)]);
        },
      }),
    ]);
    // 14 and 15 are the last of the first run: what is stored for 14 after 15 is what the next run begins with.
    const late = new Set<unknown>([2, 14]);
    spoil(store, 'settle', (_, { delivery }) => (late.delete(delivery.event!.payload['n']) ? lateOutage() : undefined));
    await worker.register();
    await store.publish(Array.from({ length: 20 }, (_, n) => step(n)));

    await worker.start();

    await eventually(async () => expect(await runs(store)).toHaveLength(20));
    expect(fired).toEqual([
      [7, 0, 1, 2, 3, 4, 5, 6],
      [7, 7, 8, 9, 10, 11, 12, 13],
    ]);
    const kept = await store.dataSource.query('select scratch from reflex.contexts');
    expect(kept).toEqual([{ scratch: { seen: 6 } }]);
  });

  it('an outcome that cannot be stored becomes a failed attempt, and the scope goes on in order', async () => {
    const seen: number[] = [];
    const { worker, store } = await workers.worker([
      onStep({ name: 'refused', scope: 'lane', handle: ({ event }) => void seen.push(event.n) }),
    ]);
    const refuse = ({ delivery, outcome }: Settlement) =>
      outcome === 'completed' && delivery.attempt === 1 && delivery.event!.payload['n'] === 2;
    spoil(store, 'settle', (_, settlement) => (refuse(settlement) ? new Error('value out of range') : undefined));
    await worker.register();
    await store.publish([1, 2, 3].map((n) => step(n)));

    await worker.start();

    await eventually(async () => expect(await runs(store, { outcome: 'completed' })).toHaveLength(3));
    const outcomes = (await runs(store)).map(({ outcome, error }) => error?.message ?? outcome);
    expect(outcomes.filter((outcome) => outcome === 'value out of range')).toHaveLength(1);
    expect(seen.indexOf(2)).toBeLessThan(seen.lastIndexOf(3));
  });

  it('a shutdown does not wait for ever', async () => {
    const { worker, store } = await workers.started([onStep({ name: 'stuck', handle: () => undefined })], {
      options: { drainMs: 200 },
    });
    spoil(store, 'settle', () => outage());
    await store.publish(step(1));
    await eventually(async () => expect((await store.stats()).processing).toBe(1));

    const start = performance.now();
    await worker.stop();

    expect(performance.now() - start).toBeLessThan(4_000);
  });

  it('handlers are aborted when the lease is lost, what they did is dropped, and work goes on under a new one', async () => {
    const seen: { n: number; aborted?: boolean }[] = [];
    const { worker, store } = await workers.started(
      [
        onStep({
          name: 'robbed',
          handle: async ({ event, signal }) => {
            const entry: (typeof seen)[number] = { n: event.n };
            seen.push(entry);
            if (seen.length === 1) await takes('20s', signal).catch(() => (entry.aborted = true));
          },
        }),
      ],
      { store: { leaseMs: 1_500 } },
    );
    await store.publish(step(1));
    await eventually(() => expect(seen).toHaveLength(1));

    const lost = once(worker, 'leaseLost');
    await store.dataSource.query('delete from reflex.workers');
    await lost;

    await eventually(() => expect(seen).toEqual([{ n: 1, aborted: true }, { n: 1 }]));
    await eventually(async () => expect(await runs(store, { outcome: 'completed' })).toMatchObject([{ attempt: 1 }]));
    await store.publish(step(2));
    await eventually(() => expect(seen.map(({ n }) => n)).toEqual([1, 1, 2]));
  });

  it('the loss of all connections loses nothing', async () => {
    const handled = new Set<number>();
    const { worker, store } = await workers.started([
      onStep({
        name: 'robust',
        handle: async ({ event, signal }) => {
          await takes(5, signal);
          handled.add(event.n);
        },
      }),
    ]);
    const troubles: unknown[] = [];
    worker.on('storeError', (error) => troubles.push(error));
    const admin = new Client({ connectionString: workers.url });
    await admin.connect();

    for (let round = 0; round < 5; round += 1) {
      const numbers = Array.from({ length: 40 }, (_, n) => round * 40 + n);
      await eventually(() => store.publish(numbers.map((n) => step(n))));
      await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
    }
    await admin.end();

    await eventually(() => expect(handled.size).toBe(200), { timeoutMs: 25_000 });
    await eventually(
      async () => expect(await store.stats()).toMatchObject({ pending: 0, processing: 0, scheduled: 0 }),
      {
        timeoutMs: 25_000,
      },
    );
    expect((await store.deadLetters.list({})).count).toBe(0);
  }, 60_000);
});
