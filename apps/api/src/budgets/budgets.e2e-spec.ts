import { Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent } from '@reflex/agents';
import { HttpPayload } from '@reflex/events';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import { eventually, freshDatabase, startModelServer, type ModelServer, type TestDatabase } from '@reflex/test';
import { startTestService, type TestService } from '../testing/test-service';

@Agent({ name: 'careful', prompt: 'Answer.', budget: { perDay: { usd: 0.1 }, onExhausted: 'park' } })
class Careful extends LangChainAgent {}

@Agent({ name: 'short', prompt: 'Answer.', budget: { tokens: 10, onExhausted: 'park' } })
class Short extends LangChainAgent {}

@Injectable()
class Desk {
  constructor(
    private readonly careful: Careful,
    private readonly short: Short,
  ) {}

  @OnEvent(HttpPayload, { name: 'desk' })
  async answer({ event }: DecisionContext<HttpPayload>): Promise<string> {
    if (event.payload['twice'] !== true) return this.careful.run('Hello');
    // The second run has a budget of its own.
    return `${await this.short.run('One')} ${await this.short.run('Two')}`;
  }
}

@Module({ providers: [Careful, Short, Desk] })
class DeskModule {}

let database: TestDatabase;
let model: ModelServer;
let service: TestService;

beforeAll(async () => {
  [database, model] = await Promise.all([freshDatabase(), startModelServer()]);
  const settings = { OPENAI_BASE_URL: model.url, BUDGET_USD_PER_DAY: '100' };
  service = await startTestService(database, settings, [{ module: DeskModule }]);
});
afterAll(async () => {
  await service.stop();
  await model.stop();
  await database.drop();
});

// 0.15 dollars, of gpt-4o-mini.
const dear = { content: 'Yes.', usage: { prompt_tokens: 1_000_000, completion_tokens: 0 } };

async function sent(payload: object = {}): Promise<string> {
  return (await service.post('/events', { type: 'http', source: 'test', payload })).body.id as string;
}

const ended = (event: string, outcome: string) =>
  eventually(async () => {
    const [run] = (await service.get(`/runs?event_id=${event}&outcome=${outcome}`)).body.items;
    expect(run).toBeDefined();
    return run;
  });

it('parks runs when the day is used up; raised by a person, with a row in the audit, they go on', async () => {
  model.replies.push(dear, dear);
  await ended(await sent(), 'completed');
  const second = await sent();
  const parked = await ended(second, 'parked');
  const exhausted = await eventually(async () => {
    const { items } = (await service.get('/budgets?status=exhausted')).body;
    expect(items).toMatchObject([{ agent: 'careful', waiting: 1 }]);
    return items[0];
  });
  const asked = model.requests().length;

  const answer = await service.post(`/budgets/${exhausted.id}/raise`, { by: 5, why: 'A busy day.' });
  const run = await ended(second, 'completed');

  const day = new Date().toISOString().slice(0, 10);
  expect(parked.reason).toContain(`reflex budgets raise ${exhausted.id}`);
  expect(exhausted).toMatchObject({
    level: 'day',
    key: null,
    unit: 'usd',
    day,
    allowed: 0.1,
    spent: 0.15,
    reserved: 0,
  });
  expect(asked).toBe(1);
  expect(answer).toMatchObject({ status: 200, body: { id: exhausted.id, raised: 5, exhausted_at: null } });
  expect(run).toMatchObject({ result: 'Yes.', attempt: 1 });
  expect((await service.get(`/budgets/${exhausted.id}`)).body).toMatchObject({ spent: 0.3, waiting: 0 });
  expect((await service.get('/budgets?level=day')).body.items).toHaveLength(2);
  expect((await service.get(`/audit?target=${exhausted.id}`)).body.items).toMatchObject([
    {
      action: 'budget.raise',
      reason: 'A busy day.',
      outcome: 'done',
      details: { agent: 'careful', by: 5, unit: 'usd' },
    },
  ]);
});

it('lets a run go on whose own budget is raised, and gives the next run its own', async () => {
  model.replies.push({ toolCalls: [] as never[], content: '', usage: { prompt_tokens: 20 } }, dear, {
    ...dear,
    usage: { prompt_tokens: 5 },
  });
  const event = await sent({ twice: true });
  await ended(event, 'parked');
  const [own] = (await service.get('/budgets?status=exhausted&level=run')).body.items;

  await service.post(`/budgets/${own.id}/raise`, { by: 2_000_000, why: 'Let it.' });

  expect(own).toMatchObject({ agent: 'short', key: `${event}/desk/0#1`, unit: 'tokens', allowed: 10, spent: 20 });
  expect(await ended(event, 'completed')).toMatchObject({ result: 'Yes. Yes.', usage: { answers_reused: 1 } });
});

it.each([
  [{}],
  [{ by: 0, why: 'x' }],
  [{ by: -1, why: 'x' }],
  [{ by: '5', why: 'x' }],
  [{ by: 5 }],
  [{ by: 5, why: '' }],
])('is not raised by %j', async (body) => {
  const [budget] = (await service.get('/budgets')).body.items;

  expect((await service.post(`/budgets/${budget.id}/raise`, body)).status).toBe(422);
  expect((await service.get(`/budgets/${budget.id}`)).body.raised).toBe(budget.raised);
});

it('cannot be raised when its day is over; knows no others', async () => {
  const [budget] = (await service.get('/budgets?agent=careful')).body.items;
  await service.store.budgets.list({});
  const { dataSource } = service.store as unknown as {
    dataSource: { query(sql: string, values: unknown[]): Promise<void> };
  };
  await dataSource.query('update reflex.budgets set day = day - 1 where id = $1', [budget.id]);

  const over = await service.post(`/budgets/${budget.id}/raise`, { by: 5, why: 'Late.' });

  expect(over).toMatchObject({ status: 409, body: { error: { code: 'budget_over' } } });
  expect((await service.get('/budgets/none')).status).toBe(404);
  expect((await service.post('/budgets/999999/raise', { by: 5, why: 'x' })).status).toBe(404);
  expect((await service.get('/budgets?day=2026-02-30')).status).toBe(422);
  expect((await service.get('/budgets?level=week')).status).toBe(422);
});
