import { eventually } from '@reflex/test';
import { batch, debounce } from '../conditions/gathering';
import type { DecisionContext } from '../context/decision-context';
import { onStep, runs, step, type Step, type Workers, workersUnderTest } from './workers-under-test';

describe('gathering', () => {
  let workers: Workers;
  let fired: number[][];
  const handle = ({ events }: DecisionContext<Step>) => fired.push(events.map((event) => event.n));
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
  beforeAll(async () => (workers = await workersUnderTest()));
  beforeEach(() => (fired = []));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  it('batch fires with all events when there are enough, and with the rest when the first has waited', async () => {
    const when = batch({ size: 100, timeout: '700ms' });
    const { store } = await workers.started([onStep({ name: 'batches', scope: '*', when, handle })]);

    await store.publish(numbers(1, 230).map((n) => step(n)));
    await eventually(() => expect(fired).toHaveLength(2));
    await eventually(() => expect(fired).toHaveLength(3));

    expect(fired).toEqual([numbers(1, 100), numbers(101, 200), numbers(201, 230)]);
  });

  it('batch gathers over workers, each scope for itself, and survives a restart', async () => {
    const when = batch({ size: 3, timeout: '1h' });
    const trigger = onStep({ name: 'shared', scope: 'lane', when, handle });
    const first = await workers.started([trigger]);
    await first.store.publish([step(1, 'a'), step(2, 'a'), step(11, 'b')]);
    await eventually(async () => expect(await runs(first.store)).toHaveLength(3));
    await first.worker.stop();

    const second = await workers.started([trigger]);
    await second.store.publish([step(12, 'b'), step(3, 'a')]);

    await eventually(() => expect(fired).toEqual([[1, 2, 3]]));
    await second.store.publish(step(13, 'b'));
    await eventually(() =>
      expect(fired).toEqual([
        [1, 2, 3],
        [11, 12, 13],
      ]),
    );
  });

  it('batch keeps its events until the handler succeeds', async () => {
    let attempts = 0;
    const flaky = (context: DecisionContext<Step>) => {
      attempts += 1;
      if (attempts === 1) throw new Error('The first attempt fails.');
      handle(context);
    };
    const when = batch({ size: 2, timeout: '1h' });
    const { store } = await workers.started([onStep({ name: 'flaky', scope: '*', when, handle: flaky })]);

    await store.publish([step(1), step(2)]);

    await eventually(() => expect(fired).toEqual([[1, 2]]));
    expect(attempts).toBe(2);
  });

  it('debounce makes one action of a burst', async () => {
    const trigger = onStep({ name: 'burst', scope: '*', when: debounce('400ms'), handle });
    const { store } = await workers.started([trigger]);

    for (const n of numbers(1, 5)) await store.publish(step(n));
    await eventually(() => expect(fired).toHaveLength(1));
    await store.publish(step(6));
    await eventually(() => expect(fired).toHaveLength(2));

    expect(fired).toEqual([numbers(1, 5), [6]]);
  });

  it('debounce waits for the end of a burst at most as long as it is told', async () => {
    const when = debounce('1s', { atMost: '1500ms' });
    const { store } = await workers.started([onStep({ name: 'endless', scope: '*', when, handle })]);
    const startedAt = performance.now();
    let n = 0;

    // A burst without end: there is never a second of quiet.
    await eventually(async () => {
      await store.publish(step((n += 1)));
      expect(fired).not.toEqual([]);
    });

    expect(performance.now() - startedAt).toBeGreaterThan(1_400);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(fired[0]!.length).toBeGreaterThan(1);
  });
});
