import { eventually } from '@reflex/test';
import { gate, onStep, runs, step, takes, type Workers, workersUnderTest } from './workers-under-test';

describe('a worker that shuts down', () => {
  let workers: Workers;
  beforeAll(async () => (workers = await workersUnderTest()));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

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
});
