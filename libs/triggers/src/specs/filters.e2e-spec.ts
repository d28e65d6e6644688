import { eventually } from '@reflex/test';
import { dedupe } from '../filters/dedupe';
import { field, keyword, where } from '../filters/plain-filters';
import { rateLimit } from '../filters/rate-limit';
import { onStep, runs, step, Step, type Workers, workersUnderTest } from './workers-under-test';

describe('filters', () => {
  let workers: Workers;
  beforeAll(async () => (workers = await workersUnderTest()));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  it('leave a readable reason in the run when they say no', async () => {
    const handled: number[] = [];
    const { store } = await workers.started([
      onStep({ name: 'picky', filter: keyword('error', 'failed'), handle: ({ event }) => void handled.push(event.n) }),
    ]);

    const [published] = await store.publish(step(1));

    await eventually(async () => {
      const [run] = await runs(store);
      expect(run).toMatchObject({ outcome: 'filtered', reason: 'keyword: none of error, failed' });
    });
    expect(handled).toEqual([]);
    expect((await store.find(published!.id))!.deliveries).toMatchObject([{ trigger: 'picky', status: 'completed' }]);
  });

  it('that dedupe do not turn a failure into a silent success (D11)', async () => {
    let calls = 0;
    const { store } = await workers.started([
      onStep({
        name: 'fragile',
        filter: dedupe('n', '1h'),
        maxAttempts: 2,
        handle: () => {
          calls += 1;
          throw new Error('LLM 500');
        },
      }),
    ]);

    await store.publish(step(1));

    await eventually(async () => {
      const { items } = await store.deadLetters.list({});
      expect(items).toMatchObject([{ trigger: 'fragile', attempts: 2, error: { message: 'LLM 500' } }]);
    });
    expect(calls).toBe(2);
  });

  it('that dedupe remember what passed, over restarts', async () => {
    const handled: number[] = [];
    const trigger = onStep({
      name: 'once',
      filter: dedupe('n', '1h'),
      handle: ({ event }) => void handled.push(event.n),
    });
    const first = await workers.started([trigger]);
    await first.store.publish([step(1), step(2), step(1)]);
    await eventually(async () => expect(await runs(first.store)).toHaveLength(3));
    await first.worker.stop();

    const second = await workers.started([trigger]);
    await second.store.publish([step(2), step(3)]);

    await eventually(async () => expect(await runs(second.store)).toHaveLength(5));
    expect(handled).toEqual([1, 2, 3]);
    expect((await runs(second.store)).map(({ outcome, reason }) => reason ?? outcome)).toEqual([
      'completed',
      'completed',
      'dedupe: n 1 was seen within 1h',
      'dedupe: n 2 was seen within 1h',
      'completed',
    ]);
  });

  it('that limit the rate put off instead of dropping (D12)', async () => {
    const at: number[] = [];
    const { store } = await workers.started([
      onStep({ name: 'limited', filter: rateLimit(2, '300ms'), handle: () => void at.push(performance.now()) }),
    ]);

    await store.publish([1, 2, 3, 4, 5].map((n) => step(n)));

    await eventually(() => expect(at).toHaveLength(5));
    expect(at[2]! - at[0]!).toBeGreaterThanOrEqual(290);
    expect(at[4]! - at[2]!).toBeGreaterThanOrEqual(290);
    const deferred = (await runs(store)).filter(({ outcome }) => outcome === 'deferred');
    expect(deferred.length).toBeGreaterThanOrEqual(2);
    expect(deferred[0]).toMatchObject({ attempt: 1, reason: 'rateLimit: 2 of 2 within 300ms are used' });
    expect((await store.deadLetters.list({})).count).toBe(0);
  });

  it('that throw fail their delivery, with the text kept (D13)', async () => {
    const handled: number[] = [];
    const { store } = await workers.started([
      onStep({
        name: 'broken',
        maxAttempts: 2,
        filter: where((event: Step) => {
          if (event.n === 1) throw new TypeError('the filter is broken');
          return true;
        }),
        handle: ({ event }) => void handled.push(event.n),
      }),
    ]);

    await store.publish([step(1), step(2)]);

    await eventually(async () => {
      const { items } = await store.deadLetters.list({});
      expect(items).toMatchObject([{ trigger: 'broken', attempts: 2, error: { message: 'the filter is broken' } }]);
    });
    expect(handled).toEqual([2]);
    const [failed] = await runs(store, { outcome: 'failed' });
    expect(failed!.error).toMatchObject({
      message: 'the filter is broken',
      stack: expect.stringContaining('filters.e2e'),
    });
  });

  it('see the typed event, and only that of their own trigger', async () => {
    const handled: string[] = [];
    const { store } = await workers.started([
      onStep({
        name: 'even',
        filter: where((event: Step) => event.n % 2 === 0),
        handle: () => void handled.push('even'),
      }),
      onStep({ name: 'lane', filter: field('lane', 'b'), handle: () => void handled.push('lane') }),
    ]);

    await store.publish([step(2, 'a'), step(3, 'b'), step(5, 'c')]);

    await eventually(async () => expect(await runs(store)).toHaveLength(6));
    expect(handled.sort()).toEqual(['even', 'lane']);
  });
});
