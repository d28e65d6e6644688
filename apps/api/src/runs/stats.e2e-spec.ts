import { eventually, freshDatabase, startModelServer, type ModelServer, type TestDatabase } from '@reflex/test';
import { chatDomain } from '../testing/chat-domain';
import { startTestService, type TestService } from '../testing/test-service';

let database: TestDatabase;
let model: ModelServer;
let service: TestService;

beforeAll(async () => {
  const tokens = { usage: { prompt_tokens: 1_000_000, completion_tokens: 100_000 } };
  [database, model] = await Promise.all([freshDatabase(), startModelServer({ content: 'Yes.', ...tokens })]);
  service = await startTestService(database, { OPENAI_BASE_URL: model.url }, chatDomain());
});
afterAll(async () => {
  await service.stop();
  await model.stop();
  await database.drop();
});

it('tells what an agent cost, on the run and by agent, trigger and day', async () => {
  const { body } = await service.post('/events', { type: 'http', source: 'test', payload: { n: 1 } });
  const run = await eventually(async () => {
    const [one] = (await service.get(`/runs?event_id=${body.id}&outcome=completed`)).body.items;
    expect(one).toBeDefined();
    return one;
  });

  const stats = await service.get('/runs/stats?from=1h&by=agent,trigger,day');

  expect(run.usage).toMatchObject({ cost_usd: 0.21, agents: [{ agent: 'clerk', runs: 1, cost_usd: 0.21 }] });
  const day = new Date().toISOString().slice(0, 10);
  const figures = { runs: 1, failures: 0, input_tokens: 1_000_000, output_tokens: 100_000, cost_usd: 0.21 };
  expect(stats).toMatchObject({
    status: 200,
    body: { items: [{ agent: 'clerk', trigger: 'ask', day, ...figures }], next_cursor: null },
  });
  expect(stats.body.items[0].p95_ms).toBeGreaterThan(0);
  const { text: metrics } = await service.get('/metrics');
  expect(metrics).toContain('reflex_model_tokens_total{agent="clerk",direction="out"} 100000');
  expect(metrics).toContain('reflex_model_cost_usd_total{agent="clerk"} 0.21');
});

it.each([
  ['by=owner', 'invalid_request'],
  ['by=', 'invalid_request'],
  ['from=40d', 'invalid_window'],
  ['from=1h&to=2h', 'invalid_window'],
  ['from=yesterday', 'invalid_time'],
  ['cursor=x', 'invalid_cursor'],
])('refuses %s', async (query, code) => {
  const { status, body } = await service.get(`/runs/stats?${query}`);

  expect([status, body.error.code]).toEqual([422, code]);
});
