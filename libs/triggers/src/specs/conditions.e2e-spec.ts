import { eventually } from '@reflex/test';
import { count, every, orAfter, quietFor } from '../conditions/condition';
import { dedupe } from '../filters/dedupe';
import type { DecisionContext } from '../context/decision-context';
import { onStep, runs, step, type Step, type Workers, workersUnderTest } from './workers-under-test';

describe('conditions', () => {
  let workers: Workers;
  let fired: number[][];
  const collect = ({ events }: DecisionContext<Step>) => {
    fired.push(events.map((event) => event.n));
    return { alerts: events.length };
  };
  beforeAll(async () => (workers = await workersUnderTest()));
  beforeEach(() => (fired = []));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  it('fire a threshold of five once, over two workers (D25)', async () => {
    const trigger = onStep({ name: 'threshold', when: count(5).within('60s'), scope: '*', handle: collect });
    const [one, two] = [await workers.started([trigger]), await workers.started([trigger])];

    for (let n = 1; n <= 6; n += 1) await (n % 2 ? one : two).store.publish(step(n));

    await eventually(async () => expect(await runs(one.store)).toHaveLength(6));
    expect(fired).toEqual([[1, 2, 3, 4, 5]]);
    const history = await runs(one.store);
    expect(history.map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(4).fill('accumulated'),
      'completed',
      'accumulated',
    ]);
    expect(history.map(({ reason }) => reason)).toMatchObject([
      '1 of 5 within 60s',
      '2 of 5 within 60s',
      '3 of 5 within 60s',
      '4 of 5 within 60s',
      undefined,
      '1 of 5 within 60s',
    ]);
  });

  it('keep the context over a restart', async () => {
    const trigger = onStep({
      name: 'patient',
      when: (context) => {
        context.scratch['seen'] = Number(context.scratch['seen'] ?? 0) + 1;
        return context.events.length === 3;
      },
      handle: (context) => {
        collect(context);
        return context.scratch['seen'];
      },
    });
    const first = await workers.started([trigger]);
    await first.store.publish([step(1), step(2)]);
    await eventually(async () => expect(await runs(first.store)).toHaveLength(2));
    await first.worker.stop();

    const second = await workers.started([trigger]);
    await second.store.publish(step(3));

    await eventually(() => expect(fired).toEqual([[1, 2, 3]]));
    await eventually(async () =>
      expect(await runs(second.store, { outcome: 'completed' })).toMatchObject([{ result: 3 }]),
    );
  });

  it('count per source by default, per scope when told so', async () => {
    const bySource = onStep({ name: 'by-source', when: every(2), handle: collect });
    const { store } = await workers.started([bySource]);

    await store.publish([step(1, 'a'), step(2, 'b'), step(3, 'a'), step(4, 'b')]);

    await eventually(async () => expect(await runs(store)).toHaveLength(4));
    expect(fired.sort(([a], [b]) => a! - b!)).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it('fire the same again when the handler failed, and clear only with success', async () => {
    let calls = 0;
    const { store } = await workers.started([
      onStep({
        name: 'fails-once',
        when: every(3),
        handle: (context) => {
          calls += 1;
          if (calls === 1) throw new Error('once');
          collect(context);
        },
      }),
    ]);

    await store.publish([1, 2, 3, 4].map((n) => step(n)));

    await eventually(async () => expect(await runs(store)).toHaveLength(5));
    expect(fired).toEqual([[1, 2, 3]]);
    expect((await runs(store)).map(({ outcome }) => outcome)).toEqual([
      'accumulated',
      'accumulated',
      'failed',
      'completed',
      'accumulated',
    ]);
  });

  it('in time are woken by a tick, which is neither filtered nor accumulated', async () => {
    const { store } = await workers.started([
      onStep({ name: 'debounced', filter: dedupe('n', '1h'), when: quietFor('250ms'), handle: collect }),
    ]);

    for (const n of [1, 2, 3]) await store.publish(step(n));

    await eventually(() => expect(fired).toEqual([[1, 2, 3]]));
    await eventually(async () => {
      const done = await runs(store, { outcome: 'completed' });
      expect(done).toHaveLength(1);
      expect(done[0]!.result).toEqual({ alerts: 3 });
    });
  });

  it('with orAfter fire at the count or at the time, whichever comes first', async () => {
    const { store } = await workers.started([
      onStep({ name: 'batched', when: every(3).orAfter('250ms'), handle: collect }),
    ]);

    await store.publish([1, 2, 3, 4].map((n) => step(n)));

    await eventually(() => expect(fired).toEqual([[1, 2, 3], [4]]));
  });

  it('in time are woken after a restart too', async () => {
    const trigger = onStep({ name: 'late', when: orAfter('300ms'), handle: collect });
    const first = await workers.started([trigger]);
    await first.store.publish(step(1));
    await eventually(async () => expect(await runs(first.store)).toHaveLength(1));
    await first.worker.stop();
    expect(fired).toEqual([]);

    await workers.started([trigger]);

    await eventually(() => expect(fired).toEqual([[1]]));
  });

  it('leave the events in place for a handler that marks its action', async () => {
    const { store } = await workers.started([
      onStep({
        name: 'marking',
        when: every(2),
        handle: (context) => {
          collect(context);
          context.markAction();
        },
      }),
    ]);

    await store.publish([1, 2, 3, 4].map((n) => step(n)));

    await eventually(() =>
      expect(fired).toEqual([
        [1, 2],
        [1, 2, 3, 4],
      ]),
    );
  });

  it('keep count when a whole queue of a scope is worked off in one go', async () => {
    const { worker, store } = await workers.worker([onStep({ name: 'queue', when: every(7), handle: collect })]);
    await worker.register();
    await store.publish(Array.from({ length: 100 }, (_, n) => step(n)));

    await worker.start();

    await eventually(async () => expect(await runs(store)).toHaveLength(100));
    expect(fired).toHaveLength(14);
    expect(fired.flat()).toEqual(Array.from({ length: 98 }, (_, n) => n));
  });
});
