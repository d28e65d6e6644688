import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventStore, PostgresLocks, type StoredEvent } from '@reflex/event-store';
import {
  calling,
  eventually,
  freshDatabase,
  startModelServer,
  type ModelServer,
  type TestDatabase,
} from '@reflex/test';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { batchLoop, parallelLoop, realtimeLoop } from './patterns.loops';
import { Desk, PatternsModule, TicketFailed, TicketOpened } from './patterns.module';

const GUIDE = readFileSync(join(__dirname, '..', '..', 'docs', 'guides', 'patterns.md'), 'utf8');
const CODE = ['patterns.module.ts', 'patterns.loops.ts'].map((name) =>
  unindented(readFileSync(join(__dirname, name), 'utf8')),
);

type Answer = Awaited<ReturnType<Extract<ModelServer['replies'][number], (...args: never[]) => unknown>>>;

describe('the guide to patterns', () => {
  let database: TestDatabase;
  let model: ModelServer;
  let service: Service;
  let store: EventStore;
  let tickets = 0;
  /** What each agent says; by default its prompt and what it was given. */
  let says: Record<string, (given: string) => Answer | Promise<Answer>> = {};

  beforeAll(async () => {
    database = await freshDatabase();
    model = await startModelServer(
      ...Array<ModelServer['replies'][number]>(1_000).fill(({ messages }) => {
        const [system, user] = messages.map(({ content }) => (typeof content === 'string' ? content : ''));
        const agent = NAMES.find(([, prompt]) => system!.startsWith(prompt))![0];
        const given = user!.replaceAll(/<\/?event-data>\n?|\n$/g, '').trim();
        return says[agent]?.(given) ?? { content: `${agent}(${given})` };
      }),
    );
    const settings = readSettings({
      DATABASE_URL: database.url,
      API_PORT: '0',
      LOG_LEVEL: 'silent',
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: model.url,
      EVENT_RETRY_BASE_DELAY: '0.01',
    });
    service = await startService(settings, { domain: [{ module: PatternsModule }] });
    store = service.app.get(EventStore, { strict: false });
  });
  afterEach(() => (says = {}));
  afterAll(async () => {
    await service?.stop();
    await model?.stop();
    await database.drop();
  });

  it('shows only code that this test runs', () => {
    const blocks = [...GUIDE.matchAll(/```ts\n([^]*?)```/g)].map(([, block]) => unindented(block!));

    expect(blocks.length).toBeGreaterThan(10);
    expect(blocks.filter((block) => !CODE.some((code) => code.includes(block)))).toEqual([]);
  });

  it('runs one after the other', async () => {
    expect(await resultOf('sequential')).toBe('responder(analyst(help))');
  });

  it('runs side by side', async () => {
    const { meet } = meeting(2);
    says = {
      analyst: async () => ({ content: await meet('need') }),
      mood: async () => ({ content: await meet('angry') }),
    };

    expect(await resultOf('parallel')).toEqual({ need: 'need', mood: 'angry' });
  });

  it('takes the first answer', async () => {
    const never = new Promise<Answer>(() => undefined);
    says = { thorough: () => never };

    expect(await resultOf('first')).toBe('responder(help)');
  });

  it('tries again with backoff', async () => {
    const desk = service.app.get(Desk, { strict: false });
    desk.retry = { baseMs: 20, maxMs: 40 };
    let asked = 0;
    says = { responder: () => ({ content: (asked += 1) < 3 ? '' : 'at last' }) };

    expect(await resultOf('retry')).toBe('at last');
    expect((await runsOf('retry')).map(({ attempt }) => attempt)).toEqual([1]);
  });

  it('falls back when it takes too long', async () => {
    const desk = service.app.get(Desk, { strict: false });
    desk.patienceMs = 100;
    says = { thorough: () => new Promise<Answer>(() => undefined) };

    expect(await resultOf('timeout')).toMatch(/^responder\(Answer at once, in one sentence\.\s+help\)$/);
  });

  it('routes by what has gathered', async () => {
    await store.publish(Array.from({ length: 3 }, () => TicketFailed.of({ source: 'test', customer: 'many' })));
    await store.publish(TicketFailed.of({ source: 'test', customer: 'one' }));
    await publish('nothing', 'none');

    const results = async () =>
      Object.fromEntries(
        (await runsOf('routing', 'completed')).map(({ scope, result }) => [scope, result ?? 'nothing']),
      );

    await eventually(async () =>
      expect(await results()).toMatchObject({
        many: expect.stringContaining('thorough(') as string,
        one: expect.stringContaining('responder(') as string,
        none: 'nothing',
      }),
    );
  });

  it('hands results from stage to stage', async () => {
    says = { classifier: () => calling(['respond', { kind: 'bug', words: ['login', 'cookie'] }]) };

    const answer = await resultOf('pipeline');

    expect(answer).toContain('"articles":["How to handle a bug with login","How to handle a bug with cookie"]');
  });

  it('lets a supervisor divide the work', async () => {
    const tasks = [
      { worker: 'analyst', about: 'the refund' },
      { worker: 'mood', about: 'the tone' },
    ];
    says = { planner: () => calling(['respond', { tasks }]) };

    expect(await resultOf('supervisor')).toContain('["analyst(the refund)","mood(the tone)"]');
  });

  it('hands over by an event', async () => {
    says = { classifier: () => calling(['respond', { kind: 'question', words: [] }]) };

    await publish('handoff');

    expect(await settled('billing-desk')).toBe('billing(help)');
  });

  it('lets an agent ask another one', async () => {
    const answers = [calling(['billing', { request: 'What does ann owe?' }]), { content: 'She owes 5.' }];
    says = { front: () => answers.shift()! };

    expect(await resultOf('asking')).toBe('She owes 5.');

    expect(asked('What does ann owe?')).not.toEqual([]);
  });

  it('remembers a conversation', async () => {
    await publish('conversation', 'dora', 'I am Dora.');
    await publish('conversation', 'eve', 'I am Eve.');
    await publish('conversation', 'dora', 'Who am I?');

    await eventually(async () => expect(await runsOf('conversation', 'completed')).toHaveLength(3));
    const [conversation] = asked('Who am I?');
    expect(conversation).toContain('I am Dora.');
    expect(conversation).not.toContain('I am Eve.');
  });

  it('keeps the words of a model that cannot be brought to answer as it should', async () => {
    says = { classifier: () => ({ content: 'I would rather sing.' }) };

    await publish('pipeline', 'gus', 'sing to me');

    await eventually(async () => {
      const { items } = await store.deadLetters.list({ trigger: 'pipeline' });
      expect(items).toMatchObject([
        { error: { code: 'invalid_agent_output', message: expect.stringContaining('It said: I would rather sing.') } },
      ]);
    });
    const runs = (await runsOf('pipeline')).filter(({ error }) => error?.message.includes('I would rather sing.'));
    expect(runs.map(({ outcome }) => outcome)).toEqual(['dead_letter', 'failed', 'failed']);
    // Asked, and asked once to correct it, in each attempt.
    expect(asked('sing to me')).toHaveLength(6);
  });

  it('holds a lock over processes', async () => {
    const release = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const locks = new PostgresLocks(database.url);
    const elsewhere = locks.hold('customer:cleo', async () => {
      entered.resolve();
      await release.promise;
    });
    await entered.promise;
    const { meet, arrived } = meeting(1);
    says = { responder: async () => ({ content: await meet('served') }) };
    await publish('locked', 'cleo');
    await eventually(async () => expect((await store.stats()).processing).toBeGreaterThan(0));
    expect(arrived()).toBe(0);

    release.resolve();
    await elsewhere;
    await locks.close();

    expect(await settled('locked')).toBe('served');
  });

  describe('loops in plain code', () => {
    let ending: AbortController;
    beforeEach(() => (ending = new AbortController()));

    it('handle each event as it comes, and try again what fails', async () => {
      const seen: string[] = [];
      let failing = true;
      const loop = realtimeLoop(
        store,
        ({ payload }) => {
          seen.push(String(payload['text']));
          if (failing) {
            failing = false;
            throw new Error('not yet');
          }
          return Promise.resolve();
        },
        ending.signal,
      );
      await subscribed('realtime');

      await publish('loop', 'ann', '1');
      await eventually(async () => expect((await runsOf('realtime', 'completed')).length).toBe(1), {
        timeoutMs: 10_000,
      });

      expect(seen).toEqual(['1', '1']);
      ending.abort();
      await loop;
    });

    it('share the work', async () => {
      const { meet } = meeting(4);
      const seen: string[] = [];
      const handle = async ({ payload }: StoredEvent): Promise<void> => {
        await meet('');
        seen.push(String(payload['text']));
      };
      const loop = parallelLoop(store, handle, ending.signal);
      await subscribed('realtime');

      for (const text of ['1', '2', '3', '4']) await publish('loop', 'ann', text);

      await eventually(() => expect(seen.toSorted()).toEqual(['1', '2', '3', '4']));
      ending.abort();
      await loop;
    });

    it('gather a batch until it is full or the time is over, and finish the one in hand', async () => {
      const batches: string[][] = [];
      const finish = Promise.withResolvers<void>();
      const handle = async (events: StoredEvent[]): Promise<void> => {
        batches.push(events.map(({ payload }) => String(payload['text'])));
        if (batches.length === 3) await finish.promise;
      };
      const loop = batchLoop(store, handle, ending.signal, { size: 3, timeoutMs: 300 });
      await subscribed('batch');

      for (const text of ['1', '2', '3', '4']) await publish('loop', 'ann', text);
      await eventually(() => expect(batches).toEqual([['1', '2', '3'], ['4']]));
      for (const text of ['5', '6', '7', '8']) await publish('loop', 'ann', text);
      await eventually(() => expect(batches).toHaveLength(3));
      ending.abort();
      finish.resolve();
      await loop;

      expect((await runsOf('batch', 'completed')).length).toBe(7);
      const eighth = (await store.search({ types: ['ticket.opened'], order: 'newest', limit: 1 })).items[0]!;
      const { deliveries } = (await store.find(eighth.id))!;
      expect(deliveries.find(({ trigger }) => trigger === 'batch')).toMatchObject({ status: 'pending', attempts: 0 });
    });

    async function subscribed(name: string): Promise<void> {
      await eventually(async () => expect((await store.triggers()).map((trigger) => trigger.name)).toContain(name));
    }
  });

  async function publish(desk: string, customer = 'ann', text = 'help'): Promise<void> {
    tickets += 1;
    await store.publish(TicketOpened.of({ source: `test:${tickets}`, customer, text, desk }));
  }

  /** The conversations with the model in which this was said. */
  function asked(text: string): string[] {
    // Of a request that was broken off there is nothing.
    const requests = model.requests().filter((request) => request !== null);
    return requests.map(({ messages }) => JSON.stringify(messages)).filter((messages) => messages.includes(text));
  }

  async function runsOf(trigger: string, outcome?: 'completed') {
    return (await store.searchRuns({ trigger, outcome, limit: 100 })).items;
  }

  async function settled(trigger: string): Promise<unknown> {
    await eventually(async () => expect((await runsOf(trigger, 'completed')).length).toBe(1));
    return (await runsOf(trigger, 'completed'))[0]!.result;
  }

  async function resultOf(desk: string): Promise<unknown> {
    await publish(desk);
    return settled(desk);
  }
});

const NAMES: [agent: string, prompt: string][] = [
  ...CODE[0]!.matchAll(/@Agent\({\s*name: '(\w+)',\s*prompt: '([^']+)'/g),
].map(([, name, prompt]) => [name!, prompt!]);

/** Answers only when so many are there at once. */
function meeting(size: number) {
  let here = 0;
  const all = Promise.withResolvers<void>();
  return {
    arrived: () => here,
    async meet(answer: string): Promise<string> {
      here += 1;
      if (here === size) all.resolve();
      await all.promise;
      return answer;
    },
  };
}

function unindented(text: string): string {
  return text.replace(/^\s+/gm, '');
}
