import { BaseEvent, EventType } from '@reflex/events';
import { eventually } from '@reflex/test';
import { Allow } from 'class-validator';
import type { DecisionContext } from '../context/decision-context';
import {
  Followed,
  onStep,
  type OpenStore,
  runs,
  step,
  type Step,
  type Workers,
  workersUnderTest,
} from './workers-under-test';

@EventType('answer.given')
class Answer extends BaseEvent {
  @Allow()
  question!: number;

  @Allow()
  text!: string;

  @Allow()
  by?: { name: string };
}

function answer(question: number, text: string): Answer {
  return Answer.of({ question, text });
}

async function outcomes(store: OpenStore, trigger?: string): Promise<string[]> {
  return (await runs(store, { trigger })).map(({ outcome }) => outcome);
}

async function results(store: OpenStore): Promise<unknown[]> {
  return (await runs(store, { outcome: 'completed' })).map(({ result }) => result);
}

describe('waiting for an event', () => {
  let workers: Workers;
  beforeAll(async () => {
    workers = await workersUnderTest();
    workers.events.register([Answer]);
  });
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  function asks(
    name: string,
    handle: (context: DecisionContext<Step>) => unknown,
    rest: Partial<Parameters<typeof onStep>[0]> = {},
  ): ReturnType<typeof onStep> {
    return onStep({ name, handle, ...rest });
  }

  it('parks the run without a worker, and goes on with the event that matches', async () => {
    const { worker, store } = await workers.started([
      asks('ask', async (context) => {
        const given = await context.waitFor(Answer, { match: { question: context.event.n } });
        return { text: given!.text, mine: given instanceof Answer, received: given!.receivedAt instanceof Date };
      }),
    ]);
    const [published] = await store.publish(step(7));
    await eventually(async () => expect(await outcomes(store)).toEqual(['parked']));
    expect(worker.inWork).toBe(0);
    expect((await store.find(published!.id))!.deliveries).toMatchObject([
      { status: 'parked', attempts: 0, waitsFor: 'Waits for answer.given.' },
    ]);

    await store.publish([answer(6, 'not mine'), answer(7, 'mine'), answer(7, 'too late')]);

    await eventually(async () => expect(await results(store)).toEqual([{ text: 'mine', mine: true, received: true }]));
    expect(await outcomes(store)).toEqual(['parked', 'completed']);
    expect((await store.effects.list({ kind: 'wait' })).items).toMatchObject([
      { name: 'answer.given', status: 'done', input: { match: { question: 7 } } },
    ]);
    expect(await store.dataSource.query('select * from reflex.waits')).toEqual([]);
    expect(await store.dataSource.query('select * from reflex.wait_matches')).toEqual([]);
  });

  it('ends with null when the time is up', async () => {
    const { store } = await workers.started([
      asks('patient', async (context) => {
        const given = await context.waitFor(Answer, { timeout: 40 });
        if (context.attempt === 1) throw new Error('again');
        return { given };
      }),
    ]);

    await store.publish(step(1));

    // Over for good: an answer that comes between two attempts changes nothing.
    await eventually(async () => expect(await outcomes(store)).toEqual(['parked', 'failed', 'completed']));
    expect(await results(store)).toEqual([{ given: null }]);
  });

  it('goes by correlation when nothing else is said', async () => {
    const { store } = await workers.started([
      asks('asks', async (context) => {
        context.publish(Followed.of({ n: context.event.n }));
        return (await context.waitFor(Answer))!.text;
      }),
      {
        name: 'answers',
        on: Followed,
        handle: (context: DecisionContext) => context.publish(answer(1, `to ${(context.event as Followed).n}`)),
      },
    ]);

    await store.publish([step(1), step(2)]);

    await eventually(async () => {
      expect((await results(store)).filter((result) => result !== undefined)).toHaveLength(2);
    });
    expect((await results(store)).filter(Boolean)).toEqual(expect.arrayContaining(['to 1', 'to 2']));
    // What was published before the run was parked is published once, although the handler ran twice.
    expect((await store.search({ types: ['step.followed'] })).items).toHaveLength(2);
  });

  it('finds what came before it waited, after its own event', async () => {
    let reached!: () => void;
    const atWait = new Promise<void>((resolve) => (reached = resolve));
    const { store } = await workers.started([
      asks('late', async (context) => {
        await atWait;
        return (await context.waitFor(Answer, { match: { question: 1 } }))!.text;
      }),
    ]);
    await store.publish(answer(1, 'before the question'));
    await store.publish(step(1));

    await store.publish(answer(1, 'in between'));
    reached();

    await eventually(async () => expect(await results(store)).toEqual(['in between']));
    expect(await outcomes(store)).toEqual(['completed']);
  });

  it('finds what a long transaction published, whichever commits first', async () => {
    const { store } = await workers.started([
      asks('slow', async (context) => (await context.waitFor(Answer, { match: { question: 1 } }))!.text),
    ]);
    const runner = store.dataSource.createQueryRunner();
    // It sees the database as it was before anybody waited.
    await runner.startTransaction('REPEATABLE READ');
    await runner.query('select 1 from reflex.events limit 1');
    await store.publish(step(1));
    await eventually(async () => expect(await outcomes(store)).toEqual(['parked']));

    await store.publish(answer(1, 'in the end'), { transaction: runner.manager });
    await runner.commitTransaction();
    await runner.release();

    await eventually(async () => expect(await results(store)).toEqual(['in the end']), { timeoutMs: 10_000 });
  });

  it('finds what was published in SQL alone', async () => {
    const { store } = await workers.started([
      asks('sql', async (context) => (await context.waitFor(Answer, { match: { question: 1 } }))!.text),
    ]);
    await store.publish(step(1));
    await eventually(async () => expect(await outcomes(store)).toEqual(['parked']));

    await store.dataSource.query('select reflex.publish($1::jsonb)', [
      JSON.stringify([
        {
          id: 'by-hand',
          type: 'answer.given',
          source: 'psql',
          at: new Date(),
          trace: 't',
          corr: 'by-hand',
          depth: 0,
          payload: { question: 1, text: 'by hand' },
        },
      ]),
    ]);

    await eventually(async () => expect(await results(store)).toEqual(['by hand']));
  });

  it('loses nothing when many events come while many runs are being parked', async () => {
    const { store } = await workers.started(
      [
        asks(
          'crowd',
          async (context) => {
            // The answer is on its way while the run looks and is parked.
            const { n } = context.event;
            const asked = context.attempt === 1 ? store.publish(answer(n, `to ${n}`)) : null;
            const given = await context.waitFor(Answer, { match: { question: n } });
            await asked;
            return given!.text;
          },
          { scope: 'lane' },
        ),
      ],
      { options: { concurrency: 16 } },
    );

    await store.publish(Array.from({ length: 60 }, (_, index) => step(index, `lane ${index % 20}`)));

    await eventually(async () => expect(await results(store)).toHaveLength(60), { timeoutMs: 15_000 });
  });

  it('gives each wait an event of its own', async () => {
    const { store } = await workers.started([
      asks('both', async (context) => {
        const match = { question: 1 };
        const [first, second] = await Promise.all([
          context.waitFor(Answer, { match }),
          context.waitFor(Answer, { match }),
        ]);
        const third = await context.waitFor(Answer, { match });
        return [first, second, third].map((given) => given!.text);
      }),
    ]);
    await store.publish(step(1));
    await eventually(async () => expect(await outcomes(store)).toEqual(['parked']));

    await store.publish(answer(1, 'a'));
    await store.publish(answer(1, 'b'));
    await store.publish(answer(1, 'c'));

    await eventually(async () => expect(await results(store)).toEqual([['a', 'b', 'c']]));
  });

  it('goes on with whichever of several comes first', async () => {
    const { store } = await workers.started([
      asks('race', async (context) => {
        const [given, followed] = await Promise.allSettled([
          context.waitFor(Answer, { match: { question: 1 } }),
          context.waitFor(Followed, { match: { n: 1 } }),
        ]);
        return [given.status, followed.status];
      }),
    ]);
    await store.publish(step(1));
    await eventually(async () => expect(await outcomes(store)).toEqual(['parked']));

    await store.publish(Followed.of({ n: 1 }));

    // It is woken, and waits on for the other.
    await eventually(async () => expect(await outcomes(store)).toEqual(['parked', 'parked']));
    await store.publish(answer(1, 'at last'));
    await eventually(async () => expect(await results(store)).toEqual([['fulfilled', 'fulfilled']]));
  });

  it('matches parts of objects', async () => {
    const { store } = await workers.started([
      asks('nested', async (context) => (await context.waitFor(Answer, { match: { by: { name: 'ann' } } }))!.text),
    ]);
    await store.publish(step(1));
    await eventually(async () => expect(await outcomes(store)).toEqual(['parked']));

    await store.publish(Answer.of({ question: 1, text: 'by bob', by: { name: 'bob' } }));
    await store.publish(Answer.of({ question: 1, text: 'by ann', by: { name: 'ann' } }));

    await eventually(async () => expect(await results(store)).toEqual(['by ann']));
  });

  it('forgets what deliveries waited for that are gone', async () => {
    const { store } = await workers.started([
      asks('gives-up', async (context) => {
        // Nobody awaits it, as when a race was won by somebody else.
        await context.waitFor(Answer).catch(() => undefined);
      }),
    ]);
    await store.publish(step(1));
    await eventually(async () => expect(await outcomes(store)).toEqual(['parked']));
    // Without this, there would be nothing to forget.
    expect(await store.dataSource.query('select * from reflex.waits')).toHaveLength(1);
    await store.dataSource.query('delete from reflex.deliveries');

    // A sweep may have done it already.
    await store.dataSource.query('select reflex.forget_waits(10)');

    expect(await store.dataSource.query('select * from reflex.waits')).toEqual([]);
  });

  it('refuses to be called in a step, and fields that are not the event’s own', async () => {
    const { store } = await workers.started([
      asks('in-step', (context) => context.step('outer', () => context.waitFor(Answer))),
      asks('envelope', (context) => context.waitFor(Answer, { match: { source: 'x' } as object })),
    ]);

    await store.publish(step(1));

    await eventually(async () => {
      const { items } = await store.deadLetters.list({});
      expect(items.map(({ error }) => error.code)).toEqual(['invalid_step', 'invalid_step']);
    });
  });
});
