import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent, Tool } from '@reflex/agents';
import { ApiKeys } from '@reflex/auth';
import { HttpPayload } from '@reflex/events';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { OnEvent } from '@reflex/triggers';
import { z } from 'zod';
import { startTestService, type TestService } from '../testing/test-service';

@Injectable()
class WireTool {
  calls = 0;

  @Tool({
    description: 'Wires money',
    input: z.object({ reason: z.string() }),
    effect: 'keyed',
    approval: { people: 2 },
  })
  wire(): string {
    this.calls += 1;
    return 'wired';
  }
}

@Agent({ name: 'banker', prompt: 'Call wire once, then say that it is done.', tools: [WireTool] })
class Banker extends LangChainAgent {}

@Injectable()
class Bank {
  constructor(private readonly banker: Banker) {}

  @OnEvent(HttpPayload, { name: 'bank' })
  work(): Promise<string> {
    return this.banker.run('Pay the invoice.');
  }
}

@Module({ providers: [WireTool, Banker, Bank] })
class BankModule {}

let database: TestDatabase;
let service: TestService;

beforeAll(async () => {
  database = await freshDatabase();
  const domain: DynamicModule[] = [{ module: BankModule }];
  service = await startTestService(database, { ACCESS: 'keys', RATE_LIMIT_REQUESTS: '0' }, domain);
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

async function keyOf(name: string): Promise<string> {
  const { key } = await service.app.get(ApiKeys).create({ name, scopes: ['events:write', 'approvals:write'] });
  return key;
}

it('makes a call that two people have to agree to once two keys have, not one key twice', async () => {
  const [ann, bob] = [await keyOf('ann'), await keyOf('bob')];
  const as = (key: string) => ({ authorization: `Bearer ${key}` });
  const tool = service.app.get(WireTool);
  await service.post('/events', { type: 'http', source: 'test', payload: {} }, as(ann));
  const [asked] = await eventually(async () => {
    const { items } = await service.store.approvals.list({ status: 'pending' });
    expect(items).toHaveLength(1);
    return items;
  });
  const approve = (key: string) => service.post(`/approvals/${asked!.id}/approve`, {}, as(key));

  const first = await approve(ann);
  const again = await approve(ann);
  const callsBefore = tool.calls;
  const second = await approve(bob);
  await eventually(() => expect(tool.calls).toBe(1));

  expect(first).toMatchObject({ status: 200, body: { status: 'pending', people: 2, decisions: [{}] } });
  expect(again).toMatchObject({ status: 409, body: { error: { code: 'approval_same_person' } } });
  expect(callsBefore).toBe(0);
  expect(second.body).toMatchObject({
    status: 'approved',
    decisions: [
      { by: expect.stringMatching(/^key:ann\//) as string },
      { by: expect.stringMatching(/^key:bob\//) as string },
    ],
  });
});
