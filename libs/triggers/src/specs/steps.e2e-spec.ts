import { Parked } from '@reflex/core';
import { eventually } from '@reflex/test';
import { type OpenStore, onStep, runs, step, type Workers, workersUnderTest } from './workers-under-test';

async function outcomes(store: OpenStore): Promise<string[]> {
  return (await runs(store)).map(({ outcome }) => outcome);
}

describe('steps', () => {
  let workers: Workers;
  beforeAll(async () => (workers = await workersUnderTest()));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  it('are done once, whatever fails after them, and answer the same in each attempt', async () => {
    const calls = { first: 0, second: 0 };
    const seen: unknown[] = [];
    const { store } = await workers.started([
      onStep({
        name: 'two-steps',
        handle: async (context) => {
          const first = await context.step('first', () => ({ call: (calls.first += 1), at: new Date(0) }));
          seen.push(first);
          const second = await context.step('second', () => {
            calls.second += 1;
            if (calls.second < 3) throw new Error('not yet');
            return Promise.resolve('done');
          });
          return { at: first.at, second };
        },
      }),
    ]);

    await store.publish(step(1));

    await eventually(async () => expect(await outcomes(store)).toEqual(['failed', 'failed', 'completed']));
    expect(calls).toEqual({ first: 1, second: 3 });
    expect(seen).toEqual([1, 2, 3].map(() => ({ call: 1, at: '1970-01-01T00:00:00.000Z' })));
    expect((await runs(store)).at(-1)!.result).toEqual({ at: '1970-01-01T00:00:00.000Z', second: 'done' });
  });

  it('are told apart when a name is used again', async () => {
    let calls = 0;
    const { store } = await workers.started([
      onStep({
        name: 'loop',
        handle: async (context) => {
          const results: number[] = [];
          for (let round = 0; round < 3; round += 1) results.push(await context.step('round', () => (calls += 1)));
          if (context.attempt === 1) throw new Error('again');
          return results;
        },
      }),
    ]);

    await store.publish(step(1));

    await eventually(async () => expect((await runs(store)).at(-1)?.result).toEqual([1, 2, 3]));
    expect(calls).toBe(3);
  });

  it('get a key that stays the same over attempts and differs between steps and events', async () => {
    const keys: string[] = [];
    const { store } = await workers.started([
      onStep({
        name: 'keys',
        handle: async (context) => {
          await context.step('charge', ({ key }) => {
            keys.push(key);
            if (context.attempt === 1) throw new Error('again');
          });
          await context.step('charge', ({ key }) => void keys.push(key));
        },
      }),
    ]);

    await store.publish(step(1));
    await eventually(() => expect(keys).toHaveLength(3));
    await store.publish(step(2));
    await eventually(() => expect(keys).toHaveLength(6));

    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(4);
  });

  it('are reused when a dead letter is given back, and done again in a replay', async () => {
    let calls = 0;
    let broken = true;
    const { store } = await workers.started([
      onStep({
        name: 'redriven',
        maxAttempts: 1,
        handle: async (context) => {
          await context.step('once', () => (calls += 1));
          if (broken) throw new Error('broken');
        },
      }),
    ]);
    const [published] = await store.publish(step(1));
    await eventually(async () => expect((await store.deadLetters.list({})).count).toBe(1));
    broken = false;

    await store.deadLetters.retry(published!.id);
    await eventually(async () => expect(await outcomes(store)).toEqual(['dead_letter', 'completed']));
    expect(calls).toBe(1);

    const hour = 3_600_000;
    const from = new Date(Date.now() - hour);
    const again = { from, to: new Date(Date.now() + hour), triggers: ['redriven'], rate: 100, stopOnFailure: false };
    const { id } = await store.operations.beginReplay(again, 'tester');
    await store.operations.advance(id);
    await eventually(async () => expect(await outcomes(store)).toHaveLength(3));
    expect(calls).toBe(2);
  });

  it('are reused when the run was parked, also by what was called in the step', async () => {
    const calls: string[] = [];
    const { store } = await workers.started([
      onStep({
        name: 'parks',
        handle: async (context) => {
          await context.step('before', () => void calls.push('before'));
          await context.step('asks', () => {
            calls.push('asks');
            if (calls.length < 3) throw new Error('wrapped', { cause: new Parked('asks', { waitsFor: 'answer' }) });
          });
        },
      }),
    ]);
    await store.publish(step(1));
    await eventually(async () => expect(await outcomes(store)).toEqual(['parked']));

    await store.wake({ waitsFor: 'answer' });

    await eventually(async () => expect(await outcomes(store)).toEqual(['parked', 'completed']));
    expect(calls).toEqual(['before', 'asks', 'asks']);
  });

  it('leave a record for those who look', async () => {
    const { store } = await workers.started([
      onStep({
        name: 'recorded',
        maxAttempts: 1,
        handle: async (context) => {
          await context.step('fine', () => ({ n: 1 }));
          await context.step('broken', () => {
            throw new Error('no answer');
          });
        },
      }),
    ]);

    await store.publish(step(1));

    await eventually(async () => expect(await outcomes(store)).toEqual(['dead_letter']));
    expect((await store.effects.list({ kind: 'step' })).items.toReversed()).toMatchObject([
      { name: 'fine', status: 'done', result: { n: 1 } },
      { name: 'broken', status: 'failed', error: { code: 'handler_error', message: 'no answer' } },
    ]);
  });

  it.each([
    ['a result that is not JSON', 'step_not_json', (context) => context.step('big', () => 1n)],
    ['no name', 'invalid_step', (context) => context.step('', () => 1)],
    ['a step in a step', 'invalid_step', (context) => context.step('outer', () => context.step('inner', () => 1))],
  ] satisfies [string, string, Parameters<typeof onStep>[0]['handle']][])('refuse %s', async (_, code, handle) => {
    const { store } = await workers.started([onStep({ name: 'wrong', handle })]);

    await store.publish(step(1));

    await eventually(async () => {
      expect((await store.deadLetters.list({})).items).toMatchObject([{ reason: 'permanent', error: { code } }]);
    });
  });
});
