import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent } from '@reflex/agents';
import { ApiKeys, type Scope } from '@reflex/auth';
import { HttpPayload } from '@reflex/events';
import { count, type DecisionContext, OnEvent } from '@reflex/triggers';
import {
  calling,
  eventually,
  freshDatabase,
  startModelServer,
  type ModelServer,
  type TestDatabase,
} from '@reflex/test';
import { chatDomain } from '../testing/chat-domain';
import { startTestService, type TestService } from '../testing/test-service';

@Agent({ name: 'summarizer', prompt: 'Sum up.' })
class Summarizer extends LangChainAgent {}

@Injectable()
class Gatherer {
  constructor(private readonly agent: Summarizer) {}

  @OnEvent(HttpPayload, { name: 'gather', when: count(2).within('60s') })
  gather(context: DecisionContext<HttpPayload>): Promise<string> {
    return this.agent.run(context.summarize());
  }
}

@Module({})
class GatherModule {}

const gatherDomain = (): DynamicModule[] => [{ module: GatherModule, providers: [Summarizer, Gatherer] }];

let database: TestDatabase;
let model: ModelServer;
let service: TestService;

async function open(domain: DynamicModule[], variables: Record<string, string> = {}): Promise<void> {
  [database, model] = await Promise.all([freshDatabase(), startModelServer()]);
  service = await startTestService(database, { OPENAI_BASE_URL: model.url, ...variables }, domain);
}
afterEach(async () => {
  await service?.stop();
  await model.stop();
  await database.drop();
});

const publish = async (payload: Record<string, unknown>): Promise<string> =>
  (await service.post('/events', { type: 'http', source: 'test', payload })).body.id as string;

/** The run of the event that ended so. */
const runOf = (eventId: string, outcome: string): Promise<string> =>
  eventually(async () => {
    const { items } = await service.store.searchRuns({ eventId });
    expect(items.map((run) => run.outcome)).toContain(outcome);
    return items.find((run) => run.outcome === outcome)!.id;
  });

const recordingOf = async (id: string) => (await service.get(`/runs/${id}/recording`)).body;

it('holds prompts, answers and results, with secrets and personal data replaced, and leaves a row in the audit', async () => {
  await open(chatDomain());
  model.replies.push(calling(['look_up', { word: 'ann@shop.test' }]), { content: 'Ask ann@shop.test.' });
  const id = await publish({ look_up: true, from: 'ann@shop.test', api_key: 'hunter22' });
  const run = await runOf(id, 'completed');

  const { status, body, text } = await service.get(`/runs/${run}/recording`);

  expect(status).toBe(200);
  const from = 'person1@example.com';
  expect(body).toMatchObject({
    version: 1,
    run: { id: run, trigger: 'ask', scope: null },
    trigger_class: 'ChatTriggers',
    agent_classes: ['Librarian'],
    event: { id, type: 'http', payload: { payload: { look_up: true, from, api_key: '[secret 1]' } } },
    context: null,
    talks: [
      {
        agent: 'librarian',
        question: {
          system: expect.stringMatching(/^Look the word up\./) as string,
          tools: { look_up: expect.any(String) as string },
        },
        answers: [{ calls: [{ name: 'look_up', input: { word: from } }] }, { text: `Ask ${from}.`, calls: [] }],
      },
    ],
    calls: [{ tool: 'look_up', input: { word: from }, output: { meaning: `What ${from} means` } }],
    result: `Ask ${from}.`,
    published: [],
    redacted: { email: 1, phone: 0, secret: 1 },
  });
  expect(body.talks[0].question.messages[0].text).toContain(`"from":"${from}","api_key":"[secret 1]"`);
  expect(text).not.toMatch(/ann@shop\.test|hunter22/);
  expect((await service.get('/audit?action=run.export')).body.items).toMatchObject([{ target: run, outcome: 'done' }]);
});

it('holds what the trigger had gathered', async () => {
  await open(gatherDomain());
  model.replies.push({ content: 'Two of them.' });
  await publish({ n: 1 });
  const run = await runOf(await publish({ n: 2 }), 'completed');

  const recording = await recordingOf(run);

  expect(recording.context.events).toMatchObject([{ payload: { payload: { n: 1 } } }]);
  expect(recording.talks[0].question.messages[0].text).toContain('Total events: 2');
});

it('is made of all attempts together', async () => {
  await open(chatDomain(), { EVENT_RETRY_BASE_DELAY: '0.01' });
  model.replies.push(
    calling(['look_up', { word: 'x' }]),
    { error: { message: 'Down' }, status: 500 },
    { content: 'X.' },
  );
  const run = await runOf(await publish({ look_up: true }), 'completed');

  const { talks, calls } = await recordingOf(run);

  expect(talks).toHaveLength(1);
  expect(talks[0].answers.map((answer: { text: string }) => answer.text)).toEqual(['', 'X.']);
  expect(calls).toHaveLength(1);
});

it('is for those who may everything; prompts stand nowhere else', async () => {
  await open(chatDomain(), { ACCESS: 'keys' });
  const keys = service.app.get(ApiKeys);
  const as = async (scope: Scope) => ({
    authorization: `Bearer ${(await keys.create({ name: scope, scopes: [scope] })).key}`,
  });
  model.replies.push({ content: 'Yes.' });
  const json = { 'content-type': 'application/json', ...(await as('events:write')) };
  const event = { type: 'http', source: 'test', payload: { n: 1 } };
  const run = await runOf((await service.post('/events', event, json)).body.id as string, 'completed');
  const ask = async (path: string, scope: Scope) => service.request('GET', path, { headers: await as(scope) });

  const path = `/runs/${run}/recording`;
  const statuses = [await ask(path, 'events:read'), await ask(path, 'dlq:write'), await ask(path, 'admin')];
  const effects = await ask('/effects?kind=model', 'events:read');

  expect(statuses.map(({ status }) => status)).toEqual([403, 403, 200]);
  expect(effects.body.items).toMatchObject([{ name: 'clerk', input: { messages: 2, must_answer: true } }]);
  expect(effects.text).not.toContain('Answer.');
});

it('says why a run cannot be recorded', async () => {
  await open([...chatDomain(), ...gatherDomain()], { EVENT_MAX_ATTEMPTS: '1' });
  model.replies.push({ error: { message: 'No' }, status: 400 });
  const id = await publish({ n: 1 });
  const [failed, gathering] = [await runOf(id, 'dead_letter'), await runOf(id, 'accumulated')];

  const answers = await Promise.all(
    [failed, gathering, '999999999', 'x'].map((run) => service.get(`/runs/${run}/recording`)),
  );

  expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual([
    [409, 'run_not_recorded'],
    [409, 'run_not_recorded'],
    [404, 'not_found'],
    [404, 'not_found'],
  ]);
  expect(answers[0]!.body.error.message).toContain('This run is dead_letter: only one that completed');
});
