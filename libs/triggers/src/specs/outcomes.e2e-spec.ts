import { PermanentError, RetryLater } from '@reflex/core';
import { currentRun } from '@reflex/observability';
import { eventually } from '@reflex/test';
import type { DecisionContext } from '../context/decision-context';
import { Followed, onStep, runs, step, type Step, type Workers, workersUnderTest } from './workers-under-test';

describe('outcomes', () => {
  let workers: Workers;
  beforeAll(async () => (workers = await workersUnderTest()));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  it('keep result, duration, trace and what agents used (D38)', async () => {
    const { store } = await workers.started([
      onStep({
        name: 'agent',
        handle: async () => {
          const { usage } = currentRun()!;
          usage.model = 'openai:gpt-4o-mini';
          usage.input_tokens += 12;
          usage.output_tokens += 3;
          usage.tool_calls.push({ tool: 'search', input: { q: 'x' }, output: [], duration_ms: 5 });
          return { severity: 'high' };
        },
      }),
    ]);

    const [published] = await store.publish(step(1));

    const run = await eventually(async () => {
      const [first] = await runs(store, { eventId: published!.id });
      expect(first).toBeDefined();
      return first!;
    });
    expect(run).toMatchObject({
      trigger: 'agent',
      outcome: 'completed',
      attempt: 1,
      result: { severity: 'high' },
      usage: { model: 'openai:gpt-4o-mini', input_tokens: 12, output_tokens: 3, tool_calls: [{ tool: 'search' }] },
    });
    expect(run.durationMs).toBeGreaterThan(0);
    expect(run.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('keep the current run across awaits of the handler', async () => {
    const seen: unknown[] = [];
    const { store } = await workers.started([
      onStep({
        name: 'async',
        handle: async () => {
          await new Promise(setImmediate);
          const { trigger, attempt, eventId, signal } = currentRun()!;
          seen.push({ trigger, attempt, eventId, aborted: signal.aborted });
        },
      }),
    ]);

    const [published] = await store.publish(step(1));

    await eventually(() =>
      expect(seen).toEqual([{ trigger: 'async', attempt: 1, eventId: published!.id, aborted: false }]),
    );
  });

  it('go straight to the dead letters when no retry can help', async () => {
    let calls = 0;
    const { store } = await workers.started([
      onStep({
        name: 'permanent',
        handle: () => {
          calls += 1;
          throw new PermanentError('There is no such customer. Correct the event.');
        },
      }),
    ]);

    await store.publish(step(1));

    await eventually(async () => {
      const { items } = await store.deadLetters.list({});
      expect(items).toMatchObject([{ reason: 'permanent', error: { code: 'permanent_error' } }]);
    });
    expect(calls).toBe(1);
  });

  it('use no attempt when a service asks to come later', async () => {
    const attempts: number[] = [];
    const { store } = await workers.started([
      onStep({
        name: 'polite',
        maxAttempts: 1,
        handle: ({ attempt }) => {
          attempts.push(attempt);
          if (attempts.length < 3) throw new RetryLater('429: too many requests', 30);
        },
      }),
    ]);

    await store.publish(step(1));

    await eventually(async () => {
      expect((await runs(store)).map(({ outcome }) => outcome)).toEqual(['deferred', 'deferred', 'completed']);
    });
    expect(attempts).toEqual([1, 1, 1]);
  });

  it.each([
    ['a bigint', () => 1n],
    [
      'a cycle',
      () => {
        const cycle: Record<string, unknown> = {};
        cycle['self'] = cycle;
        return cycle;
      },
    ],
    ['NUL', () => 'a\u0000b'],
    ['a function', () => () => 1],
  ])('dead-letter a result that is not JSON: %s', async (_, result) => {
    const { store } = await workers.started([onStep({ name: 'odd', handle: () => result() })]);

    await store.publish(step(1));

    await eventually(async () => {
      const { items } = await store.deadLetters.list({});
      expect(items).toMatchObject([{ reason: 'permanent', attempts: 1, error: { code: 'result_not_json' } }]);
    });
  });

  it('keep errors short and storable', async () => {
    const { store } = await workers.started([
      onStep({
        name: 'verbose',
        maxAttempts: 1,
        handle: () => {
          throw Object.assign(new Error(`\u0000${'x'.repeat(10_000)}`), { code: 'ECONNREFUSED' });
        },
      }),
    ]);

    await store.publish(step(1));

    await eventually(async () => {
      const [run] = await runs(store);
      expect(run!.error!.code).toBe('ECONNREFUSED');
      expect(run!.error!.message.length).toBeLessThanOrEqual(4_096);
    });
  });

  it('dead-letter an event of unknown type, and nothing beside it', async () => {
    const handled: number[] = [];
    const { store } = await workers.started([
      { name: 'any', on: 'step.*', scope: '*', handle: ({ event }) => void handled.push((event as Step).n) },
    ]);
    const unheard = {
      id: 'x',
      type: 'step.unheard',
      source: 'sql',
      at: new Date(),
      trace: '',
      corr: 'x',
      depth: 0,
      payload: {},
    };

    await store.publish(step(1));
    await store.dataSource.query('select reflex.publish($1::jsonb)', [JSON.stringify([unheard])]);
    await store.publish(step(2));

    await eventually(() => expect(handled).toEqual([1, 2]));
    await eventually(async () => {
      const { items } = await store.deadLetters.list({});
      expect(items).toMatchObject([{ reason: 'undecodable', attempts: 1, error: { code: 'undecodable_event' } }]);
    });
  });
});

describe('what a handler commits with its outcome', () => {
  let workers: Workers;
  beforeAll(async () => {
    workers = await workersUnderTest();
    const store = await workers.openStore();
    await store.dataSource.query('create table ledger (n integer)');
  });
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  const book = (context: DecisionContext<Step>) => {
    context.publish(Followed.of({ n: context.event.n }));
    context.transaction(async (manager) => {
      await manager.query('insert into ledger values ($1)', [context.event.n]);
    });
  };

  it('is there once when it succeeds, with cause and depth', async () => {
    const followed: unknown[] = [];
    const { store } = await workers.started([
      onStep({ name: 'books', handle: book }),
      {
        name: 'follows',
        on: Followed,
        handle: ({ event }) => void followed.push({ n: (event as Followed).n, ...event.meta }),
      },
    ]);

    const [published] = await store.publish(step(1));

    await eventually(() => expect(followed).toHaveLength(1));
    const stored = await store.find(published!.id);
    expect(followed).toMatchObject([
      { n: 1, causation_id: published!.id, correlation_id: stored!.meta.correlation_id, depth: 1 },
    ]);
    expect(await store.dataSource.query('select n from ledger')).toEqual([{ n: 1 }]);
  });

  it('is not there when the handler fails, or its own work', async () => {
    const { store } = await workers.started([
      onStep({
        name: 'fails',
        maxAttempts: 2,
        handle: (context) => {
          book(context);
          throw new Error('after all');
        },
      }),
      onStep({
        name: 'bad-work',
        maxAttempts: 2,
        handle: (context) => {
          book(context);
          context.transaction(async (manager) => {
            await manager.query('insert into no_such_table values (1)');
          });
        },
      }),
    ]);
    await store.dataSource.query('truncate ledger');

    await store.publish(step(2));

    await eventually(async () => {
      const { items } = await store.deadLetters.list({});
      expect(items.map(({ trigger, attempts }) => `${trigger} ${attempts}`).sort()).toEqual(['bad-work 2', 'fails 2']);
    });
    expect(await store.dataSource.query('select n from ledger')).toEqual([]);
    expect((await store.search({ types: ['step.followed'] })).items).toEqual([]);
    const [failed] = await runs(store, { trigger: 'bad-work' });
    expect(failed!.error!.message).toContain('no_such_table');
  });

  it('ends when triggers cause each other', async () => {
    let calls = 0;
    const { store } = await workers.started([
      {
        name: 'loops',
        on: Followed,
        handle: (context) => {
          calls += 1;
          context.publish(Followed.of({ n: calls }));
        },
      },
    ]);

    await store.publish(Followed.of({ n: 0 }));

    await eventually(async () => {
      const { items } = await store.deadLetters.list({});
      expect(items).toMatchObject([{ reason: 'permanent', error: { code: 'event_loop' } }]);
    });
    expect(calls).toBe(9);
  });
});
