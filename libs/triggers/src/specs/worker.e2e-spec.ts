import { once } from 'node:events';
import { eventually } from '@reflex/test';
import type { Delivery } from '@reflex/event-store';
import { field } from '../filters/plain-filters';
import { Followed, gate, idle, onStep, runs, step, takes, type Workers, workersUnderTest } from './workers-under-test';

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
    const { store } = await workers.started([onStep({ name: 'quick', handle: () => undefined })]);
    let claims = 0;
    const claim = store.claim.bind(store);
    store.claim = (wanted) => {
      claims += 1;
      return claim(wanted);
    };

    await store.publish(Array.from({ length: 300 }, (_, n) => step(n)));
    await Promise.all(Array.from({ length: 300 }, (_, n) => store.publish(step(n))));
    await eventually(async () => expect(await runs(store)).toHaveLength(600));

    expect(claims).toBeLessThan(100);
  });

  it('begins what its own process publishes without a claim, after the publisher was answered', async () => {
    const order: string[] = [];
    const { worker, store } = await workers.started([
      onStep({ name: 'quick', handle: ({ event }) => void order.push(`handled ${event.n}`) }),
    ]);
    await idle(worker);
    const claim = store.claim.bind(store);
    let claimed = 0;
    store.claim = async (wanted) => {
      const result = await claim(wanted);
      claimed += result.runs.length;
      return result;
    };

    await store.publish(step(1)).then(() => order.push('answered 1'));

    await eventually(async () => expect(await runs(store)).toHaveLength(1));
    expect(order).toEqual(['answered 1', 'handled 1']);
    expect(claimed).toBe(0);
  });

  it('keeps slots for what waits while it is handed new deliveries, and never exceeds its slots', async () => {
    const { opened, open } = gate();
    let most = 0;
    const { worker, store } = await workers.started(
      [
        onStep({
          name: 'slow',
          handle: async () => {
            most = Math.max(most, worker.inWork);
            await opened;
          },
        }),
      ],
      { options: { concurrency: 4 } },
    );
    await idle(worker);

    await Promise.all(Array.from({ length: 20 }, (_, n) => store.publish(step(n))));
    await eventually(() => expect(worker.inWork).toBe(4));
    open();

    await eventually(async () => expect(await runs(store)).toHaveLength(20));
    expect(most).toBe(4);
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

  it('looks for work by polling, also while others keep it busy', async () => {
    let busy = 0;
    const quiet: number[] = [];
    const deaf = { options: { concurrency: 2, pollMs: 100 }, store: { notify: false } };
    const { worker, store } = await workers.worker(
      [
        onStep({
          name: 'busy',
          filter: field('lane', 'busy'),
          handle: async ({ signal }) => {
            busy += 1;
            await takes(10, signal);
          },
        }),
        { name: 'quiet', on: Followed, handle: () => void quiet.push(busy) },
      ],
      deaf,
    );
    await worker.register();
    const elsewhere = await workers.openStore({ notify: false });
    await store.publish(Array.from({ length: 500 }, (_, n) => step(n, 'busy')));
    await worker.start();
    await eventually(() => expect(busy).toBeGreaterThan(10));

    await elsewhere.publish(Followed.of({ n: 1 }));

    await eventually(() => expect(quiet).toHaveLength(1));
    expect(quiet[0]).toBeLessThan(400);
  });

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
