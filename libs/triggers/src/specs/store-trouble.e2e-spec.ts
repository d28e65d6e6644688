import { type EventStore, type Settlement, StoreUnavailable } from '@reflex/event-store';
import { eventually } from '@reflex/test';
import { every } from '../conditions/condition';
import { type OpenStore, onStep, runs, step, type Workers, workersUnderTest } from './workers-under-test';

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
});
