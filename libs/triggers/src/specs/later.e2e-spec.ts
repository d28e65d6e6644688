import { eventually } from '@reflex/test';
import type { DecisionContext } from '../context/decision-context';
import { Followed, onStep, runs, step, type Workers, workersUnderTest } from './workers-under-test';

describe('follow-ups for later', () => {
  let workers: Workers;
  beforeAll(async () => (workers = await workersUnderTest()));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  it('are handed out at their time, and stored with the outcome', async () => {
    const heard: { n: number; at: number }[] = [];
    const { store } = await workers.started([
      onStep({
        name: 'plans',
        handle: (context) => {
          context.publish(Followed.of({ n: 0 }));
          context.schedule(Followed.of({ n: 1 }), { delay: 300 });
          context.schedule([Followed.of({ n: 2 })], { at: new Date(Date.now() + 600) });
          context.publish(Followed.of({ n: 3 }), { delay: '1h' });
        },
      }),
      {
        name: 'hears',
        on: Followed,
        handle: (context: DecisionContext) => void heard.push({ n: (context.event as Followed).n, at: Date.now() }),
      },
    ]);
    const from = Date.now();

    await store.publish(step(1));

    await eventually(() => expect(heard.map(({ n }) => n)).toEqual([0, 1, 2]));
    expect(heard[1]!.at - from).toBeGreaterThanOrEqual(290);
    expect(heard[2]!.at - from).toBeGreaterThanOrEqual(590);
    expect((await store.search({ types: ['step.followed'] })).items).toHaveLength(4);
    expect(await store.stats()).toMatchObject({ scheduled: 1 });
  });

  it('of an attempt that fails are not stored', async () => {
    const { store } = await workers.started([
      onStep({
        name: 'fails',
        maxAttempts: 1,
        handle: (context) => {
          context.schedule(Followed.of({ n: 1 }), { delay: 10 });
          throw new Error('no');
        },
      }),
    ]);

    await store.publish(step(1));

    await eventually(async () => expect(await runs(store, { outcome: 'dead_letter' })).toHaveLength(1));
    expect((await store.search({ types: ['step.followed'] })).items).toEqual([]);
  });

  it('refuse a time that cannot be', async () => {
    const { store } = await workers.started([
      onStep({
        name: 'wrong',
        maxAttempts: 1,
        handle: (context) => context.schedule(Followed.of({ n: 1 }), { delay: '400d' }),
      }),
    ]);

    await store.publish(step(1));

    await eventually(async () => {
      expect((await store.deadLetters.list({})).items).toMatchObject([{ error: { code: 'invalid_delay' } }]);
    });
  });
});
