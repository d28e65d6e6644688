import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Parked, PermanentError } from '@reflex/core';
import { runWith } from '@reflex/observability';
import {
  calling,
  openaiPiece,
  startModelServer,
  startRawModelServer,
  streamHead,
  type ModelServer,
} from '@reflex/test';
import { z } from 'zod';
import { Agent, AgentsModule, LangChainAgent, Tool, type AgentBudget, type AgentsOptions } from '..';
import { runOf } from '../testing/court';
import { MemoryLedger } from '../testing/memory-ledger';

@Injectable()
class Bell {
  rung = 0;

  @Tool({ description: 'Ring', input: z.object({ n: z.int() }), effect: 'keyed' })
  ring(_input: { n: number }): string {
    this.rung += 1;
    return 'rung';
  }
}

let server: ModelServer;
let app: TestingModule | undefined;

beforeEach(async () => (server = await startModelServer()));
afterEach(async () => {
  await app?.close();
  app = undefined;
  await server.stop();
});

/** An agent with this budget, and a bell; each answer costs as many dollars as it has hundred thousand tokens. */
async function agentWith(budget: AgentBudget, options: Partial<AgentsOptions> = {}) {
  @Agent({ name: 'ringer', prompt: 'Ring.', description: 'Rings', tools: [Bell], budget, model: 'openai:dear' })
  class Ringer extends LangChainAgent {}

  @Agent({ name: 'boss', prompt: 'Let it ring.', tools: [Ringer], model: 'openai:dear', budget: { tokens: 250_000 } })
  class Boss extends LangChainAgent {}

  @Module({ providers: [Bell, Ringer, Boss] })
  class RingModule {}

  app = await Test.createTestingModule({
    imports: [
      AgentsModule.forRoot({
        openai: { baseUrl: server.url },
        prices: { 'openai:dear': { input: 10, output: 10 }, 'openai:cheap': { input: 1, output: 1 } },
        ...options,
      }),
      RingModule,
    ],
  }).compile();
  await app.init();
  const ringer = app.get(Ringer);
  return { ringer, boss: app.get(Boss), bell: app.get(Bell) };
}

const tokens = (count: number) => ({ usage: { prompt_tokens: count, completion_tokens: 0 } });
const ring = (n: number, count = 100_000) => ({ ...calling(['ring', { n }]), ...tokens(count) });
const done = (count = 100_000) => ({ content: 'Done', ...tokens(count) });
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing',
    (error: unknown) => error,
  );
const models = () => server.requests().map(({ model }) => model);

describe('the limit of a run', () => {
  it.each<[string, AgentBudget]>([
    ['dollars', { usd: 1.5 }],
    ['tokens', { tokens: 150_000 }],
  ])('in %s is overrun by less than one call, and then no retry helps', async (_unit, budget) => {
    server.replies.push(ring(1), ring(2), ring(3));
    const { ringer, bell } = await agentWith(budget);

    const error = await failure(ringer.run('x'));

    expect(error).toBeInstanceOf(PermanentError);
    expect(error).toMatchObject({ code: 'budget_exhausted', details: { level: 'run', agent: 'ringer' } });
    expect(server.requests()).toHaveLength(2);
    expect(bell.rung).toBe(2);
  });

  it('counts what earlier attempts had got, and asks for nothing that is on record', async () => {
    server.replies.push(ring(1), { error: { message: 'Broken' }, status: 500 }, ring(2), ring(3));
    const { ringer } = await agentWith({ usd: 1.5 });
    const ledger = new MemoryLedger();
    const attempt = () => failure(runWith(runOf('event', undefined, ledger), () => ringer.run('x')));

    await attempt();
    expect(await attempt()).toMatchObject({ code: 'budget_exhausted' });
    expect(await attempt()).toMatchObject({ code: 'budget_exhausted' });

    expect(server.requests()).toHaveLength(3);
  });

  it('goes on with the cheaper model when four fifths are used, and fails when all is', async () => {
    server.replies.push(ring(1, 90_000), ring(2, 90_000), ring(3), ring(4), ring(5));
    const { ringer } = await agentWith({ usd: 2, onExhausted: 'degrade', degradeTo: 'openai:cheap' });
    const run = runOf('event');

    const error = await failure(runWith(run, () => ringer.run('x')));

    expect(error).toMatchObject({ code: 'budget_exhausted' });
    expect(models()).toEqual(['dear', 'dear', 'cheap', 'cheap']);
    expect(run.usage).toMatchObject({ model: 'openai:cheap', degraded: true, cost_usd: 2 });
  });

  it('of tool calls is told to the model, or fails the run when the agent says so', async () => {
    server.replies.push(ring(1), ring(2), done(), ring(1), ring(2));
    const told = await agentWith({ toolCalls: 1 });
    expect(await told.ringer.run('x')).toBe('Done');
    await app!.close();
    const strict = await agentWith({ toolCalls: 1, onExhausted: 'fail' });

    expect(await failure(strict.ringer.run('x'))).toMatchObject({
      code: 'budget_exhausted',
      details: { unit: 'tool_calls' },
    });
    expect(JSON.stringify(server.requests()[2]!.messages)).toContain('The budget of 1 tool calls is used up');
  });

  it('counts what the agents use that it calls', async () => {
    const ask = { ...calling(['ringer', { request: 'Ring' }]), ...tokens(100_000) };
    server.replies.push(ask, done(200_000), done());
    const { boss } = await agentWith({});

    expect(await failure(boss.run('x'))).toMatchObject({ details: { agent: 'boss', spent: 300_000 } });
    expect(server.requests()).toHaveLength(2);
  });
});

describe('the limit of a day', () => {
  it.each<[string, AgentBudget]>([
    ['of an agent in dollars', { perDay: { usd: 1.5 } }],
    ['of a trigger in tokens', { perTrigger: { tokens: 150_000 } }],
    ['of a scope in dollars', { perScope: { usd: 1.5 } }],
    ['of an agent in tool calls', { perDay: { toolCalls: 2 } }],
  ])('%s holds over its runs', async (_what, budget) => {
    server.replies.push(ring(1), done(), ring(2), done(), ring(3), done());
    const { ringer, bell } = await agentWith(budget);
    const run = (id: string) => failure(runWith(runOf(id), () => ringer.run(id)));

    await run('one');
    await run('two');
    const error = await run('three');

    expect(error).toMatchObject({ code: 'budget_exhausted', details: { agent: 'ringer' } });
    expect(bell.rung).toBeLessThanOrEqual(2);
  });

  it('S33: of a scope leaves other scopes alone', async () => {
    server.replies.push(done(200_000), done());
    const { ringer } = await agentWith({ perScope: { usd: 1 } });
    const of = (scope: string) => failure(runWith({ ...runOf(scope), scope }, () => ringer.run(scope)));

    await of('a');

    expect(await of('a')).toMatchObject({ details: { level: 'scope', key: 'a' } });
    expect(await of('b')).toBe('nothing');
  });

  it('in seconds counts the time that runs take', async () => {
    server.replies.push(async () => {
      await delay(300);
      return done();
    });
    const { ringer } = await agentWith({ perDay: { seconds: 0.2 } });
    await ringer.run('x');

    expect(await failure(ringer.run('y'))).toMatchObject({ code: 'budget_exhausted', details: { unit: 'seconds' } });
  });

  it('parks the run until somebody raises it or the day is over', async () => {
    server.replies.push(done(200_000));
    const { ringer } = await agentWith({ perDay: { usd: 1 }, onExhausted: 'park' });
    const ledger = new MemoryLedger();
    await ringer.run('x');

    const error = await failure(runWith(runOf('event', undefined, ledger), () => ringer.run('y')));

    expect(error).toBeInstanceOf(Parked);
    expect((error as Parked).timeoutMs).toBeLessThanOrEqual(86_400_000);
    expect(await failure(ringer.run('z'))).toMatchObject({ code: 'budget_exhausted' });
  });

  it('is one for all agents when the application says so', async () => {
    server.replies.push(done(200_000));
    const { ringer } = await agentWith({}, { budget: { perDay: { usd: 1 } } });
    await ringer.run('x');

    const error = await failure(ringer.run('y'));

    expect(error).toMatchObject({ code: 'budget_exhausted', details: { agent: '', level: 'day' } });
    expect((error as Error).message).toContain('The budget of all agents for this day');
  });

  it('costs nothing for a request that was refused', async () => {
    server.replies.push({ error: { message: 'No' }, status: 400 }, done(50_000), done());
    const { ringer } = await agentWith({ perDay: { usd: 1 } });

    await failure(ringer.run('x'));

    expect(await failure(ringer.run('y'))).toBe('nothing');
    expect(await failure(ringer.run('z'))).toBe('nothing');
  });

  it('counts what was written of an answer that is broken off', async () => {
    const wordy = await startRawModelServer((response) => {
      streamHead(response);
      response.write(openaiPiece('x'.repeat(4_000)));
    });
    const budget = { seconds: 0.3, perDay: { tokens: 500 } };
    const { ringer } = await agentWith(budget, { openai: { baseUrl: wordy.url } });

    expect(await failure(ringer.run('x'))).toMatchObject({ code: 'agent_out_of_time' });
    const error = await failure(ringer.run('y'));
    await wordy.stop();

    expect(error).toMatchObject({ code: 'budget_exhausted', details: { unit: 'tokens' } });
    expect((error as { details: { spent: number } }).details.spent).toBeGreaterThan(1_000);
    expect((error as { details: { spent: number } }).details.spent).toBeLessThan(1_500);
  });

  it('counts answers of a server that tells no tokens', async () => {
    const silent = await startRawModelServer((response) => {
      streamHead(response);
      response.end(openaiPiece('x'.repeat(400), 'stop'));
    });
    const { ringer } = await agentWith({ perDay: { usd: 0.001 } }, { openai: { baseUrl: silent.url } });
    await ringer.run('x');

    const error = await failure(ringer.run('y'));
    await silent.stop();

    expect(error).toMatchObject({ code: 'budget_exhausted', details: { unit: 'usd' } });
  });

  it('lets calls outside of a run wait for each other', async () => {
    server.replies.push(async () => {
      await delay(300);
      return done(50_000);
    }, done(50_000));
    const { ringer } = await agentWith({ perDay: { usd: 1 } });

    expect(await Promise.all([ringer.run('x'), ringer.run('y')])).toEqual(['Done', 'Done']);
    expect(await failure(ringer.run('z'))).toMatchObject({ code: 'budget_exhausted' });
  });
});

describe('the cheaper model', () => {
  it('has no dear one behind it', async () => {
    server.replies.push(ring(1, 90_000), { error: { message: 'Down' }, status: 500 });
    const budget: AgentBudget = { usd: 1, onExhausted: 'degrade', degradeTo: 'openai:cheap' };
    const { ringer } = await agentWith(budget, { fallbackModels: ['openai:dear'] });

    expect(await failure(ringer.run('x'))).toMatchObject({ code: 'model_unavailable' });
    expect(models()).toEqual(['dear', 'cheap']);
  });
});

describe('a budget that cannot be kept', () => {
  it.each<[string, AgentBudget, RegExp]>([
    ['of nothing', { usd: 0 }, /limits usd to 0/],
    ['that is no number', { perDay: { toolCalls: Number.NaN } }, /limits tool_calls to NaN/],
    ['that degrades to nothing', { onExhausted: 'degrade' }, /both onExhausted: 'degrade' and degradeTo/],
    ['with a cheaper model for nothing', { degradeTo: 'openai:cheap' }, /both onExhausted: 'degrade' and degradeTo/],
    [
      'in dollars with a model that has no price',
      { usd: 1, onExhausted: 'degrade', degradeTo: 'openai:new' },
      /openai:new has no price.*MODEL_PRICES/,
    ],
  ])('%s stops the start', async (_what, budget, sentence) => {
    await expect(agentWith(budget)).rejects.toThrow(sentence);
  });

  it('for one run, by a model that has no price, is refused before the model is asked', async () => {
    const { ringer } = await agentWith({ usd: 1 });

    expect(await failure(ringer.run('x', { model: 'openai:new' }))).toMatchObject({ code: 'model_price_missing' });
    expect(server.requests()).toHaveLength(0);
  });
});
