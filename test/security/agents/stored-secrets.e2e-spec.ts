import { randomBytes } from 'node:crypto';
import { Injectable, Module } from '@nestjs/common';
import { Agent, EgressClient, LangChainAgent, secret, Tool, type ToolCall } from '@reflex/agents';
import { HttpPayload } from '@reflex/events';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import {
  calling,
  eventually,
  freshDatabase,
  startHttpReceiver,
  startModelServer,
  type HttpReceiver,
  type ModelServer,
  type TestDatabase,
} from '@reflex/test';
import { z } from 'zod';
import { databaseDump } from './database-dump';
import { type Answer, startTestService, type TestService } from '../../../apps/api/src/testing/test-service';

const [K1, K2] = [newKey('k1'), newKey('k2')];
const BILLING = 'https://billing.invalid';

@Injectable()
class BillingTools {
  constructor(private readonly http: EgressClient) {}

  @Tool({ name: 'bill', description: 'Bills.', input: z.object({}), effect: 'keyed', egress: [secret('BILLING_URL')] })
  bill(_input: object, call: ToolCall): Promise<unknown> {
    const headers = { authorization: secret('BILLING_TOKEN', 'Bearer ') };
    return this.http.post({ url: secret('BILLING_URL'), headers, body: { token: secret('BILLING_TOKEN') } }, call);
  }
}

@Agent({ name: 'biller', prompt: 'Bill.', tools: [BillingTools] })
class Biller extends LangChainAgent {}

@Injectable()
class Desk {
  constructor(private readonly biller: Biller) {}

  @OnEvent(HttpPayload, { name: 'desk' })
  answer(_context: DecisionContext<HttpPayload>): Promise<string> {
    return this.biller.run('Bill them.');
  }
}

@Module({ providers: [BillingTools, Biller, Desk] })
class BillingModule {}

let database: TestDatabase;
let model: ModelServer;
let billing: HttpReceiver;
const started: TestService[] = [];

beforeAll(async () => {
  [database, model, billing] = await Promise.all([freshDatabase(), startModelServer(), startHttpReceiver()]);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.stop()));
});
afterAll(async () => {
  await Promise.all([model.stop(), billing.stop()]);
  await database.drop();
});

async function replica(variables: Record<string, string> = {}): Promise<TestService> {
  const settings = { OPENAI_BASE_URL: model.url, EGRESS_PRIVATE_NETWORKS: '127.0.0.1', SECRETS_KEYS: K1, ...variables };
  const service = await startTestService(database, settings, [{ module: BillingModule }]);
  started.push(service);
  return service;
}

function newKey(id: string): string {
  return `${id}=${randomBytes(32).toString('base64')}`;
}

function put(service: TestService, name: string, body: unknown): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return service.request('PUT', `/secrets/${name}`, { headers, body: JSON.stringify(body) });
}

/** What comes of one run of the agent, which bills once. */
async function billed(service: TestService): Promise<{ outcome: string; text: string }> {
  model.replies.push(calling(['bill', {}]), { content: 'Billed.' });
  const { id } = (await service.post('/events', { type: 'http', source: 'test', payload: {} })).body as { id: string };
  const run = await eventually(
    async () => {
      const [found] = (await service.get(`/runs?event_id=${id}`)).body.items as { id: string; outcome: string }[];
      expect(found).toBeDefined();
      return found!;
    },
    { timeoutMs: 20_000 },
  );
  return { outcome: run.outcome, text: (await service.get(`/runs/${run.id}`)).text };
}

const lastToken = (): unknown => billing.received.at(-1)?.headers.authorization;

/** Of each stored secret, what its value is sealed into. */
async function sealedIn(service: TestService): Promise<unknown[]> {
  const { dataSource } = service.store as unknown as { dataSource: { query(sql: string): Promise<unknown[]> } };
  return dataSource.query('select name, sealed from reflex.secrets order by name');
}

/** The value as it is and in the codings in which it could have got somewhere. */
function codingsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    bytes.toString('hex'),
    ...[0, 1, 2].map((offset) => bytes.subarray(offset, offset + 15).toString('base64')),
  ];
}

it('is written and never read: only the server that a tool sends it to gets the value', async () => {
  const service = await replica();
  const value = 'stored-canary-0123456789abcdefghij';

  const set = await put(service, 'BILLING_TOKEN', { value, reason: 'New system.' });
  await put(service, 'BILLING_URL', { value: `${billing.url}/bills` });
  billing.replies.push({ status: 200, body: { echo: value, hex: Buffer.from(value).toString('hex') } });
  const { outcome, text } = await billed(service);

  expect(outcome).toBe('completed');
  expect(billing.received.at(-1)).toMatchObject({
    path: '/bills',
    headers: { authorization: `Bearer ${value}` },
    body: { token: value },
  });
  expect(set).toMatchObject({
    status: 200,
    body: { name: 'BILLING_TOKEN', key_id: 'k1', usable: true, created_at: expect.any(String) as string },
  });
  const list = await service.get('/secrets');
  expect(list.body.items).toMatchObject([{ name: 'BILLING_TOKEN' }, { name: 'BILLING_URL' }]);
  const audit = await service.get('/audit?target=BILLING_TOKEN');
  expect(audit.body.items).toMatchObject([
    { action: 'secret.set', reason: 'New system.', outcome: 'done', details: { key_id: 'k1' } },
  ]);
  const places = [set.text, list.text, audit.text, text, (await service.get('/effects')).text];
  const dump = await databaseDump(database.url);
  expect(dump).toContain('-- reflex.secrets\n(BILLING_TOKEN,k1,');
  for (const place of [...places, dump, JSON.stringify(model.requests())]) {
    expect(codingsOf(value).filter((coding) => place.includes(coding))).toEqual([]);
    expect(place).not.toContain(K1.split('=')[1]!);
  }
  expect((await service.get('/secrets/BILLING_TOKEN')).status).toBe(405);
});

it('reaches the tools of another replica, and so does each change', async () => {
  const asked = await replica({ ROLE: 'api' });
  await replica({ ROLE: 'worker' });
  await put(asked, 'BILLING_URL', { value: `${billing.url}/bills` });

  for (const value of ['token-of-the-first-day', 'token-of-the-second-day']) {
    await put(asked, 'BILLING_TOKEN', { value });

    await eventually(async () => {
      await billed(asked);
      expect(lastToken()).toBe(`Bearer ${value}`);
    });
  }
});

it('is gone from the tools of all replicas once it is deleted', async () => {
  const [asked, other] = [await replica({ ROLE: 'api' }), await replica({ ROLE: 'worker' })];
  await put(asked, 'BILLING_URL', { value: `${billing.url}/bills` });
  await put(asked, 'BILLING_TOKEN', { value: 'token-to-be-deleted' });

  const deleted = await asked.request('DELETE', '/secrets/BILLING_TOKEN');
  await eventually(() => expect(other.app.get(EgressClient).knows(secret('BILLING_TOKEN'))).toBe(false));
  const calls = billing.received.length;
  await billed(asked);

  expect(deleted).toMatchObject({ status: 200, body: { name: 'BILLING_TOKEN', deleted: true } });
  expect(billing.received).toHaveLength(calls);
  expect(JSON.stringify(model.requests().at(-1))).toContain('The secret BILLING_TOKEN is not configured.');
  const again = await asked.request('DELETE', '/secrets/BILLING_TOKEN');
  expect(again).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
});

it('is sealed with another key by a rotation, and opens without the old one', async () => {
  const before = await replica();
  await put(before, 'BILLING_URL', { value: `${billing.url}/bills` });
  await put(before, 'BILLING_TOKEN', { value: 'token-through-rotation' });
  const sealed = await sealedIn(before);
  const both = await replica({ SECRETS_KEYS: `${K2},${K1}` });

  const rotated = await both.post('/secrets/rotate', {});
  const again = await both.post('/secrets/rotate', {});
  await Promise.all(started.splice(0).map((service) => service.stop()));
  const after = await replica({ SECRETS_KEYS: K2 });
  await billed(after);

  expect(rotated).toMatchObject({ status: 200, body: { key_id: 'k2', rotated: 2, left: [] } });
  expect(again.body).toEqual({ key_id: 'k2', rotated: 0, left: [] });
  expect(lastToken()).toBe('Bearer token-through-rotation');
  expect(await sealedIn(after)).toEqual(sealed);
  expect((await after.get('/audit?action=secret.rotate')).body.items[1].details).toMatchObject({ rotated: 2 });
});

it('whose key is missing stops no start; using it fails with a sentence', async () => {
  const first = await replica({ SECRETS_KEYS: `${K2},${K1}` });
  await put(first, 'BILLING_URL', { value: `${billing.url}/bills` });
  await put(first, 'BILLING_TOKEN', { value: 'token-of-a-lost-key' });
  await Promise.all(started.splice(0).map((service) => service.stop()));

  const other = await replica({ SECRETS_KEYS: newKey('k3') });
  const calls = billing.received.length;
  await billed(other);

  expect(billing.received).toHaveLength(calls);
  expect(JSON.stringify(model.requests().at(-1))).toContain(String.raw`sealed with the key \"k2\"`);
  expect((await other.get('/secrets')).body.items).toMatchObject([
    { name: 'BILLING_TOKEN', key_id: 'k2', usable: false },
    { name: 'BILLING_URL', usable: false },
  ]);
  const rotated = (await other.post('/secrets/rotate', {})).body as unknown;
  expect(rotated).toMatchObject({ rotated: 0, left: ['BILLING_TOKEN', 'BILLING_URL'] });
});

it('cannot be stored without a key, and says how to make one', async () => {
  const service = await replica({ SECRETS_KEYS: '' });

  for (const answer of [await put(service, 'X', { value: 'a-value' }), await service.post('/secrets/rotate', {})]) {
    expect(answer).toMatchObject({ status: 409, body: { error: { code: 'secrets_off' } } });
    expect(answer.body.error.message).toContain('openssl rand -base64 32');
  }
});

describe('refuses', () => {
  let service: TestService;
  beforeEach(async () => (service = await replica({ SLACK_WEBHOOK_URL: BILLING })));

  it('what the settings give, and what tools cannot get from them', async () => {
    for (const name of ['SLACK_WEBHOOK_URL', 'OPENAI_API_KEY', 'SECRETS_KEYS']) {
      const answer = await put(service, name, { value: 'https://a.example' });
      expect(answer).toMatchObject({ status: 409, body: { error: { code: 'secret_in_settings' } } });
    }
    expect((await put(service, 'INCIDENTS_URL', { value: 'https://a.example' })).status).toBe(200);
    await service.request('DELETE', '/secrets/INCIDENTS_URL');
  });

  it('names and values that are none, without repeating them', async () => {
    const value = 'never-to-be-repeated';
    const answers = [
      await put(service, value, { value }),
      await put(service, 'A'.repeat(65), { value }),
      await put(service, 'SHORT', { value: 'short' }),
      await put(service, 'LONG', { value: value.repeat(500) }),
      await put(service, 'LIST', { value: [value] }),
      await put(service, 'NONE', {}),
      await put(service, 'MORE', { value, note: value }),
      await service.request('PUT', '/secrets/BROKEN', {
        headers: { 'content-type': 'application/json' },
        body: `{"value": "${value}"`,
      }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422, 422, 422, 400]);
    for (const { text } of answers) expect(text).not.toContain(value);
    expect(await databaseDump(database.url)).not.toContain(value);
  });
});
