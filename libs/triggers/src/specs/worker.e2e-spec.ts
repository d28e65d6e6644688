import { once } from 'node:events';
import { eventually } from '@reflex/test';
import type { Delivery } from '@reflex/event-store';
import { Client } from 'pg';
import { gate, idle, onStep, runs, step, takes, type Workers, workersUnderTest } from './workers-under-test';

describe('the worker', () => {
  let workers: Workers;
  beforeAll(async () => (workers = await workersUnderTest()));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  it('claims no more than it has free slots for (D8)', async () => {
    const { opened, open } = gate();
    const { worker, store } = await workers.worker([onStep({ name: 'slow', handle: () => opened })], {
      options: { concurrency: 10 },
    });
    await worker.register();
    await store.publish(Array.from({ length: 50 }, (_, n) => step(n)));
    await worker.start();
    await eventually(() => expect(worker.inWork).toBe(10));

    const other = await workers.started([onStep({ name: 'slow', handle: () => undefined })]);

    await eventually(async () => expect(await runs(other.store)).toHaveLength(40));
    expect((await store.stats()).processing).toBe(10);
    open();
    await eventually(async () => expect(await runs(store)).toHaveLength(50));
  });

  it('does not claim once per notification (D18)', async () => {
    const { worker, store } = await workers.started([onStep({ name: 'quick', handle: () => undefined })]);
    let claims = 0;
    const claim = store.claim.bind(store);
    store.claim = (wanted) => {
      claims += 1;
      return claim(wanted);
    };

    await store.publish(Array.from({ length: 300 }, (_, n) => step(n)));
    await Promise.all(Array.from({ length: 300 }, (_, n) => store.publish(step(n))));
    await eventually(async () => expect(await runs(store)).toHaveLength(600));
    await idle(worker);

    expect(claims).toBeLessThan(100);
  });

  it('aborts a handler at its timeout, and counts the attempt', async () => {
    const aborted: string[] = [];
    const { store } = await workers.started([
      onStep({
        name: 'late',
        timeout: '100ms',
        maxAttempts: 2,
        handle: async ({ signal }) => {
          try {
            await takes('10s', signal);
          } catch (error) {
            aborted.push((error as Error).message);
            throw error;
          }
        },
      }),
    ]);

    await store.publish(step(1));

    await eventually(async () => {
      const { items } = await store.deadLetters.list({});
      expect(items).toMatchObject([{ attempts: 2, error: { code: 'timeout' } }]);
    });
    expect(aborted[0]).toContain('late did not end within 100 ms');
  });

  it('leaves a handler behind that ignores its signal, and frees its slot', async () => {
    const hanging = gate();
    const { worker, store } = await workers.worker(
      [
        onStep({
          name: 'deaf',
          timeout: '100ms',
          maxAttempts: 1,
          handle: ({ event }) => (event.n === 1 ? hanging.opened : undefined),
        }),
      ],
      { options: { concurrency: 1 } },
    );
    await worker.register();
    await store.publish(step(1));
    await store.publish(step(2));

    await worker.start();

    await eventually(async () => {
      expect((await runs(store)).map(({ outcome, error }) => error?.code ?? outcome)).toEqual(['timeout', 'completed']);
    });
    hanging.open();
    await store.publish(step(3));
    await eventually(async () => expect(await runs(store)).toHaveLength(3));
  });

  it('takes what a late handler returned after all', async () => {
    const { store } = await workers.started(
      [
        onStep({
          name: 'stubborn',
          timeout: '60ms',
          handle: async ({ signal }) => {
            await takes('10s', signal).catch(() => undefined);
            return 'done';
          },
        }),
      ],
      { options: { graceMs: 2_000 } },
    );

    await store.publish(step(1));

    await eventually(async () => expect(await runs(store)).toMatchObject([{ outcome: 'completed', result: 'done' }]));
  });

  it('lets handlers end on shutdown, gives the others back untouched, and leaves nothing leased (D9)', async () => {
    const seen: number[] = [];
    const { worker, store } = await workers.started(
      [
        onStep({
          name: 'mixed',
          handle: async ({ event, signal }) => {
            seen.push(event.n);
            await takes(event.n < 20 ? 300 : '60s', signal);
          },
        }),
      ],
      { options: { drainMs: 1_000 } },
    );
    await store.publish(Array.from({ length: 50 }, (_, n) => step(n)));
    await eventually(() => expect(seen).toHaveLength(50));

    const start = performance.now();
    await worker.stop();

    expect(performance.now() - start).toBeLessThan(2_500);
    expect(await runs(store, { outcome: 'completed' })).toHaveLength(20);
    expect(await runs(store)).toHaveLength(20);
    expect(await store.stats()).toMatchObject({ pending: 30, processing: 0, liveWorkers: 0 });

    const attempts: number[] = [];
    const next = await workers.started([
      onStep({ name: 'mixed', handle: ({ attempt }) => void attempts.push(attempt) }),
    ]);
    await eventually(() => expect(attempts).toEqual(Array(30).fill(1)));
    await next.worker.stop();
  });

  it('gives back the rest of a scope on shutdown without touching its order', async () => {
    const seen: number[] = [];
    const { opened, open } = gate();
    const ordered = (handle: (n: number) => unknown) =>
      onStep({ name: 'ordered', scope: 'lane', handle: ({ event }) => handle(event.n) });
    const { worker, store } = await workers.worker([
      ordered(async (n) => {
        seen.push(n);
        await opened;
      }),
    ]);
    await worker.register();
    await store.publish([1, 2, 3].map((n) => step(n)));
    await worker.start();
    await eventually(() => expect(seen).toEqual([1]));

    const stopped = worker.stop();
    open();
    await stopped;

    expect(seen).toEqual([1]);
    await workers.started([ordered((n) => void seen.push(n))]);
    await eventually(() => expect(seen).toEqual([1, 2, 3]));
  });

  it('aborts its handlers when the lease is lost, drops what they did, and goes on under a new one', async () => {
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

  it('survives the loss of all its connections', async () => {
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

  it('keeps the limits of a trigger over all processes', async () => {
    let inside = 0;
    let most = 0;
    const limited = onStep({
      name: 'limited',
      concurrency: 2,
      handle: async ({ signal }) => {
        inside += 1;
        most = Math.max(most, inside);
        await takes(10, signal);
        inside -= 1;
      },
    });
    const all = [await workers.started([limited]), await workers.started([limited])];

    await all[0]!.store.publish(Array.from({ length: 20 }, (_, n) => step(n)));

    await eventually(async () => expect(await runs(all[0]!.store)).toHaveLength(20));
    expect(most).toBe(2);
  });

  it('throttles starts, and goes on as soon as the window ends', async () => {
    const at: number[] = [];
    const { store } = await workers.started(
      [
        onStep({
          name: 'throttled',
          throttle: { limit: 5, per: '400ms' },
          handle: () => void at.push(performance.now()),
        }),
      ],
      { options: { pollMs: 20_000 } },
    );

    await store.publish(Array.from({ length: 15 }, (_, n) => step(n)));

    await eventually(() => expect(at).toHaveLength(15));
    expect(at[5]! - at[0]!).toBeGreaterThan(300);
    expect(at[14]! - at[0]!).toBeGreaterThan(700);
  });

  it('tells its life by events', async () => {
    const told: string[] = [];
    const { worker, store } = await workers.worker([
      onStep({
        name: 'told',
        maxAttempts: 2,
        handle: () => {
          throw new Error('always');
        },
      }),
    ]);
    for (const name of ['claimed', 'failed', 'deadLettered', 'draining', 'drained'] as const) {
      worker.on(name, () => told.push(name));
    }
    worker.on('started', ({ attempt }: Delivery) => told.push(`started ${attempt}`));
    worker.on('settled', ({ outcome }) => told.push(`settled ${outcome}`));
    await worker.start();
    await idle(worker);

    await store.publish(step(1));
    await once(worker, 'deadLettered');
    await worker.stop();

    expect(told).toEqual([
      'claimed',
      'started 1',
      'settled failed',
      'failed',
      'claimed',
      'started 2',
      'settled dead_letter',
      'deadLettered',
      'draining',
      'drained',
    ]);
  });
});
