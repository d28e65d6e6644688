import { eventually } from '@reflex/test';
import { runs, onStep, step, takes, type Workers, workersUnderTest } from './workers-under-test';

describe('scopes', () => {
  let workers: Workers;
  beforeAll(async () => (workers = await workersUnderTest()));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  it('handles events of a scope in the order in which they were published (D16)', async () => {
    const seen: number[] = [];
    const { store } = await workers.started([
      onStep({ name: 'ordered', scope: 'lane', handle: async ({ event }) => void seen.push(event.n) }),
    ]);

    for (const n of [1, 2, 3]) await store.publish(step(n));

    await eventually(() => expect(seen).toEqual([1, 2, 3]));
  });

  it('keeps order and exclusion per scope over retries, with 4 workers', async () => {
    const LANES = 6;
    const STEPS = 25;
    const seen = new Map<string, number[]>();
    const inside = new Set<string>();
    let overlaps = 0;
    let failures = 0;
    const trigger = onStep({
      name: 'ordered',
      scope: 'lane',
      maxAttempts: 50,
      handle: async ({ event, signal }) => {
        if (inside.has(event.lane)) overlaps += 1;
        inside.add(event.lane);
        try {
          await takes(Math.random() * 3, signal);
          if (Math.random() < 0.15) {
            failures += 1;
            throw new Error('unlucky');
          }
          seen.set(event.lane, [...(seen.get(event.lane) ?? []), event.n]);
        } finally {
          inside.delete(event.lane);
        }
      },
    });
    const all = await Promise.all([1, 2, 3, 4].map(() => workers.started([trigger])));
    const { store } = all[0]!;

    for (let n = 0; n < STEPS; n += 1) {
      await store.publish(Array.from({ length: LANES }, (_, lane) => step(n, `${lane}`)));
    }

    const inOrder = Array.from({ length: STEPS }, (_, n) => n);
    await eventually(() => expect([...seen.values()].map((list) => list.length)).toEqual(Array(LANES).fill(STEPS)), {
      timeoutMs: 25_000,
    });
    for (const list of seen.values()) expect(list).toEqual(inOrder);
    expect(overlaps).toBe(0);
    expect(failures).toBeGreaterThan(0);
  });

  it.each([
    ['block', [1, 1, 2, 3]],
    ['pass', [1, 2, 3, 1]],
  ] as const)('with onRetry %s handles %j when the first fails once', async (onRetry, expected) => {
    const seen: number[] = [];
    const { worker, store } = await workers.worker([
      onStep({
        name: 'retried',
        scope: 'lane',
        onRetry,
        handle: ({ event, attempt }) => {
          seen.push(event.n);
          if (event.n === 1 && attempt === 1) throw new Error('once');
        },
      }),
    ]);
    await worker.register();
    await store.publish([step(1), step(2), step(3)]);

    await worker.start();

    await eventually(() => expect(seen).toEqual(expected));
  });

  it('does not let a hot scope keep others waiting (D17)', async () => {
    const started: string[] = [];
    const { worker, store } = await workers.worker(
      [
        onStep({
          name: 'slow',
          scope: 'lane',
          handle: async ({ event, signal }) => {
            started.push(event.lane);
            await takes(50, signal);
          },
        }),
      ],
      { options: { concurrency: 2 } },
    );
    await worker.register();
    await store.publish(Array.from({ length: 40 }, (_, n) => step(n, 'hot')));
    await store.publish(step(1, 'idle'));

    await worker.start();

    await eventually(() => expect(started).toContain('idle'));
    expect(started.filter((lane) => lane === 'hot').length).toBeLessThan(10);
  });

  it('does not run the neighbours of a failing trigger again (D14)', async () => {
    const calls: Record<string, number> = {};
    const counting = (name: string, fails: boolean) =>
      onStep({
        name,
        handle: () => {
          calls[name] = (calls[name] ?? 0) + 1;
          if (fails) throw new Error('always');
        },
      });
    const triggers = ['one', 'two', 'three', 'four'].map((name) => counting(name, false));
    const { store } = await workers.started([counting('bad', true), ...triggers]);

    const [published] = await store.publish(step(1));

    await eventually(async () => {
      const stored = await store.find(published!.id);
      expect(stored!.deliveries.find(({ trigger }) => trigger === 'bad')!.status).toBe('dead_letter');
    });
    expect(calls).toEqual({ bad: 3, one: 1, two: 1, three: 1, four: 1 });
    expect((await runs(store, { trigger: 'bad' })).map(({ outcome }) => outcome)).toEqual([
      'failed',
      'failed',
      'dead_letter',
    ]);
  });
});
