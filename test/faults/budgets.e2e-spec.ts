import { randomUUID } from 'node:crypto';
import { Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent, Tool } from '@reflex/agents';
import { EventStore, type RunRecord } from '@reflex/event-store';
import { HttpPayload, WebSocketMessage } from '@reflex/events';
import {
  calling,
  eventually,
  freshDatabase,
  openaiPiece,
  startModelServer,
  startRawModelServer,
  streamHead,
  type ModelServer,
  type TestDatabase,
} from '@reflex/test';
import { OnEvent, type DecisionContext } from '@reflex/triggers';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { startApi } from '../../apps/cli/src/specs/cli-under-test';
import { PostgresBudgetLedger } from '../../libs/agents/src/budgets/postgres-budget-ledger';
import { full, report } from './form';

const RUNS = full ? 200 : 50;
const LIMIT = 0.1;
/** Of gpt-4o-mini: what an answer costs of which the model writes all that it may, and what it is asked with. */
const MOST = (8_192 * 0.6 + 1_000 * 0.15) / 1_000_000;

@Injectable()
class Bell {
  rung = 0;

  @Tool({ description: 'Ring', input: z.object({ n: z.int() }), effect: 'keyed' })
  ring(_input: { n: number }): string {
    this.rung += 1;
    return 'Nobody opens.';
  }
}

@Agent({ name: 'thrifty', prompt: 'Answer.', budget: { perDay: { usd: LIMIT } } })
class Thrifty extends LangChainAgent {}

@Agent({ name: 'ringer', prompt: 'Ring until somebody opens.', tools: [Bell], maxSteps: 50 })
class Ringer extends LangChainAgent {}

@Injectable()
class Desk {
  constructor(
    private readonly thrifty: Thrifty,
    private readonly ringer: Ringer,
  ) {}

  @OnEvent(HttpPayload, { name: 'desk' })
  work({ event }: DecisionContext<HttpPayload>): Promise<string> {
    const { n } = event.payload;
    return n === 'ring' ? this.ringer.run('Ring') : this.thrifty.run(String(n));
  }
}

@Module({ providers: [Bell, Thrifty, Ringer, Desk] })
class DeskModule {}

describe('budgets', () => {
  let database: TestDatabase;
  let model: ModelServer;
  let services: Service[];
  let store: EventStore;

  beforeEach(async () => {
    [database, model] = await Promise.all([freshDatabase(), startModelServer()]);
    const settings = readSettings({
      DATABASE_URL: database.url,
      API_PORT: '0',
      LOG_LEVEL: 'silent',
      EVENT_CONCURRENCY: '25',
      OPENAI_BASE_URL: model.url,
    });
    services = await Promise.all([1, 2].map(() => startService(settings, { domain: [{ module: DeskModule }] })));
    store = services[0]!.app.get(EventStore);
  });
  afterEach(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await model.stop();
    await database.drop();
  });

  const publish = (payloads: unknown[]) =>
    store.publish(payloads.map((n) => HttpPayload.of({ source: 'test', payload: { n } })));

  async function runs(): Promise<RunRecord[]> {
    const { items } = await store.searchRuns({ trigger: 'desk', limit: 1_000 });
    return items.filter(({ outcome }) => outcome !== 'deferred');
  }

  it('42: a model that always asks for the same call is stopped at the third, with tools that are called twice', async () => {
    model.replies.push(...Array.from({ length: 50 }, () => calling(['ring', { n: 1 }])));

    await publish(['ring']);
    const [run] = await eventually(async () => {
      const all = await runs();
      expect(all).toHaveLength(1);
      return all;
    });

    const rung = services.reduce((sum, { app }) => sum + app.get(Bell).rung, 0);
    report('42 the same call again and again', { asked: model.requests().length, called: rung });
    expect(run).toMatchObject({ outcome: 'dead_letter', error: { code: 'repeated_tool_call' } });
    expect([model.requests().length, rung]).toEqual([3, 2]);
  });

  it('42: many runs at once in two processes overrun the limit of a day by less than one call', async () => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 8_192 };
    model.replies.push(...Array.from({ length: RUNS }, () => ({ content: 'x', usage })));

    await publish(Array.from({ length: RUNS }, (_run, index) => index));
    const ended = await eventually(
      async () => {
        const all = await runs();
        expect(all).toHaveLength(RUNS);
        return all;
      },
      { timeoutMs: 60_000 },
    );

    const { items } = await store.budgets.list({ agent: 'thrifty' });
    const asked = model.requests().length;
    const cost = asked * MOST;
    report('42 a budget that many want', { runs: RUNS, limit: `$${LIMIT}`, asked, cost: `$${cost.toFixed(4)}` });
    expect(items).toMatchObject([{ unit: 'usd', allowed: LIMIT, reserved: 0 }]);
    expect(items[0]!.spent).toBeCloseTo(cost, 9);
    expect(cost).toBeGreaterThanOrEqual(LIMIT);
    expect(cost).toBeLessThan(LIMIT + MOST);
    const counts = { completed: 0, dead_letter: 0 } as Record<string, number>;
    for (const { outcome } of ended) counts[outcome] = (counts[outcome] ?? 0) + 1;
    expect(counts).toEqual({ completed: asked, dead_letter: RUNS - asked });
    expect(new Set(ended.flatMap(({ error }) => error?.code ?? []))).toEqual(new Set(['budget_exhausted']));
    expect(new Set(ended.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  }, 90_000);

  it('42: a process that is killed while its model writes reserves nothing for ever', async () => {
    const slow = await startRawModelServer((response) => {
      streamHead(response);
      response.write(openaiPiece('To be'));
    });
    const { process } = await startApi(database, { OPENAI_BASE_URL: slow.url, BUDGET_TOKENS_PER_DAY: '20000' });
    await store.publish(WebSocketMessage.of({ source: 'ws:ann', connection_id: 'ann', content: 'Hello' }));
    await eventually(() => expect(slow.requests).toBe(1), { timeoutMs: 20_000 });
    const dataSource = services[0]!.app.get(DataSource);
    const ledger = new PostgresBudgetLedger(dataSource);
    const ofDay = { level: 'day', agent: '', key: '', unit: 'tokens', allowed: 20_000, share: 1 } as const;
    const another = async () =>
      (await ledger.reserve(randomUUID(), [{ ...ofDay, most: 15_000, least: 0 }], 60_000)).verdict;

    await process.kill('SIGKILL');
    const [held] = (await store.budgets.list({ level: 'day' })).items;
    const before = await another();
    // As if MODEL_TIMEOUT and a minute had passed.
    await dataSource.query(`update reflex.budget_reservations set expires_at = now()`);
    const after = await another();
    await slow.stop();

    const [left] = (await store.budgets.list({ level: 'day' })).items;
    report('42 killed in a call', { reserved: held!.reserved, spentAfterwards: left!.spent });
    expect(held!.reserved).toBeGreaterThan(8_192);
    expect([before, after]).toEqual(['busy', 'granted']);
    expect(left).toMatchObject({ spent: held!.reserved - 8_192, reserved: 15_000 });
  }, 90_000);
});
