import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ApiKeys, Audit, type Scope } from '@reflex/auth';
import { eventually } from '@reflex/test';
import { DataSource } from 'typeorm';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;
const clients: Client[] = [];

beforeAll(async () => {
  bed = await testBed({ ACCESS: 'keys', RATE_LIMIT_REQUESTS: '0' });
  service = bed.service;
});
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
afterAll(() => bed.stop());

async function keyFor(...scopes: Scope[]): Promise<string> {
  return (await service.app.get(ApiKeys).create({ name: scopes.join(' '), scopes })).key;
}

/** An assistant, connected over HTTP by the SDK's own client. */
async function assistant(...scopes: Scope[]): Promise<Client> {
  return assistantWith(await keyFor(...scopes));
}

async function assistantWith(key: string): Promise<Client> {
  const headers = { authorization: `Bearer ${key}` };
  const client = new Client({ name: 'assistant', version: '1' });
  clients.push(client);
  await client.connect(new StreamableHTTPClientTransport(new URL(`${service.url}/mcp`), { requestInit: { headers } }));
  return client;
}

interface Called {
  isError: boolean;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers of any shape are looked into
  json: any;
}

async function call(client: Client, name: string, args: Record<string, unknown>): Promise<Called> {
  const { isError = false, content } = (await client.callTool({ name, arguments: args })) as {
    isError?: boolean;
    content: { text: string }[];
  };
  const { text } = content[0]!;
  return { isError, text, json: isError ? undefined : JSON.parse(text) };
}

/** An event whose delivery has given up, with this in its payload. */
async function deadLetter(mark: string): Promise<{ eventId: string; letterId: string }> {
  const key = await keyFor('events:write');
  const body = { type: 'http', source: 'mcp', payload: { fail: true, mark } };
  const answer = await service.post('/events', body, { authorization: `Bearer ${key}` });
  const eventId = answer.body.id as string;
  return eventually(async () => {
    const [letter] = await service.store.deadLetters.find(eventId);
    return { eventId, letterId: letter!.id };
  });
}

describe('an assistant', () => {
  it('sees what it may call, each tool with a strict schema and what it does', async () => {
    const reader = await (await assistant('events:read')).listTools();
    const operator = await (await assistant('dlq:write')).listTools();

    expect(reader.tools.map(({ name }) => name)).toEqual([
      'search_events',
      'get_event',
      'explain_trigger',
      'list_dead_letters',
    ]);
    expect(operator.tools.map(({ name }) => name)).toContain('retry_dead_letter');
    for (const { inputSchema, annotations, name } of operator.tools) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(annotations!.readOnlyHint).toBe(name !== 'retry_dead_letter');
    }
  });

  it('finds an event, sees what became of it, and learns why', async () => {
    const { eventId } = await deadLetter('find me');
    const client = await assistant('events:read');

    const found = await call(client, 'search_events', { types: ['http'], sources: ['mcp'], from: '1h ago', limit: 50 });
    const event = await call(client, 'get_event', { id: eventId });
    const why = await call(client, 'explain_trigger', { trigger: 'picky', event_id: eventId });
    const letters = await call(client, 'list_dead_letters', { trigger: 'picky', text: 'find me' });

    expect(found.json.items.map(({ id }: { id: string }) => id)).toContain(eventId);
    expect(event.json).toMatchObject({ id: eventId, deliveries: [{ trigger: 'picky', status: 'dead_letter' }] });
    expect(why.json).toMatchObject({ trigger: 'picky', verdict: 'fires' });
    expect(letters.json).toMatchObject({ count: 1, items: [{ id: eventId, error: { message: 'It is not to be.' } }] });
  });

  describe('that wants to retry a dead letter', () => {
    const as = (key: string) => ({ authorization: `Bearer ${key}` });
    const say = (id: string, word: 'approve' | 'deny', key: string) =>
      service.post(`/approvals/${id}/${word}`, { why: 'I looked at it' }, as(key));
    const letters = (id: string) => service.store.deadLetters.find(id);

    it('waits for a person, who sees exactly what is retried, and then retries it once', async () => {
      const { eventId, letterId } = await deadLetter('retry me');
      const client = await assistant('dlq:write');

      const asked = await call(client, 'retry_dead_letter', { id: letterId, reason: 'It is fixed' });
      const again = await call(client, 'retry_dead_letter', { id: eventId });
      const { id } = asked.json.approval as { id: string };
      const shown = await service.request('GET', `/approvals/${id}`, { headers: as(await keyFor('events:read')) });

      expect(asked.json).toMatchObject({
        done: false,
        approval: { status: 'pending' },
        next: expect.stringContaining(`/approvals/${id}/approve`) as string,
        would_retry: { id: eventId, dead_letter_id: letterId },
        forecast: { trigger: 'picky', dead_letter_id: letterId },
      });
      expect(again.json.approval.id).toBe(id);
      expect(shown.body).toMatchObject({
        agent: 'mcp',
        tool: 'retry_dead_letter',
        trigger: 'picky',
        event_id: eventId,
        requested_by: expect.stringMatching(/^key:dlq:write\//) as string,
        input: { reason: 'It is fixed', dead_letter: { id: eventId, payload: { mark: 'retry me' } } },
      });
      expect(await letters(letterId)).toHaveLength(1);

      expect((await say(id, 'approve', await keyFor('approvals:write'))).body.status).toBe('approved');
      const [one, two] = await Promise.all([
        call(client, 'retry_dead_letter', { id: letterId, reason: 'It is fixed' }),
        call(client, 'retry_dead_letter', { id: letterId, reason: 'It is fixed' }),
      ]);

      expect([one, two].filter(({ json }) => json?.done)).toEqual([
        expect.objectContaining({ json: { done: true, event_id: eventId, retried: 1, approval: id } }),
      ]);
      expect(await service.store.approvals.find(id)).toMatchObject({ status: 'used' });
      const { items } = await service.app.get(Audit).list({ target: letterId });
      const actions = items.map(({ action, outcome }) => `${action} ${outcome}`);
      expect(actions).toContain('approval.request done');
      expect(items.filter(({ action, outcome }) => action === 'dead_letter.retry' && outcome === 'done')).toMatchObject(
        [
          {
            actor: expect.stringMatching(/^key:dlq:write\//) as string,
            reason: 'It is fixed',
            details: { approval: id },
          },
        ],
      );
    });

    it('cannot agree itself, nor use what was agreed for another key or another dead letter', async () => {
      const { letterId } = await deadLetter('mine');
      const other = await deadLetter('another');
      const key = await keyFor('dlq:write', 'approvals:write', 'events:read');
      const client = await assistantWith(key);

      const { json } = await call(client, 'retry_dead_letter', { id: letterId });
      const own = await say(json.approval.id, 'approve', key);
      expect(own).toMatchObject({ status: 409, body: { error: { code: 'approval_own_request' } } });
      await say(json.approval.id, 'approve', await keyFor('approvals:write'));
      const others = [
        await call(client, 'retry_dead_letter', { id: other.letterId }),
        await call(await assistant('dlq:write'), 'retry_dead_letter', { id: letterId }),
      ];

      expect(others.map((answer) => answer.json.done)).toEqual([false, false]);
      expect([await letters(letterId), await letters(other.letterId)].flat()).toHaveLength(2);
    });

    it('asks anew when the dead letter was edited since, and when nobody answered in time', async () => {
      const { letterId } = await deadLetter('edit me');
      const client = await assistant('dlq:write');
      const first = (await call(client, 'retry_dead_letter', { id: letterId })).json.approval.id as string;
      await say(first, 'approve', await keyFor('approvals:write'));
      await service.store.deadLetters.edit(letterId, { payload: { fail: true, mark: 'edited' } }, 'somebody');

      const second = (await call(client, 'retry_dead_letter', { id: letterId })).json.approval.id as string;
      await service.app.get(DataSource).query('update reflex.approvals set expires_at = now() where id = $1', [second]);
      const late = await call(client, 'retry_dead_letter', { id: letterId });
      const third = await call(client, 'retry_dead_letter', { id: letterId });

      expect(second).not.toBe(first);
      expect(late.text).toContain('approval_expired');
      expect(third.json.approval.id).not.toBe(second);
      expect(await letters(letterId)).toHaveLength(1);
    });

    it('is told that and why a person refused', async () => {
      const { letterId } = await deadLetter('no');
      const client = await assistant('dlq:write');
      const { json } = await call(client, 'retry_dead_letter', { id: letterId });

      await say(json.approval.id, 'deny', await keyFor('approvals:write'));
      const refused = await call(client, 'retry_dead_letter', { id: letterId });

      expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('I looked at it') as string });
      expect(await letters(letterId)).toHaveLength(1);
    });
  });

  it('is refused tools that it may not call, and arguments that there are not', async () => {
    const { letterId } = await deadLetter('stay');
    const reader = await assistant('events:read');

    const forbidden = await call(reader, 'retry_dead_letter', { id: letterId });
    const unknown = await call(reader, 'search_events', { type: 'http' });
    const missing = await call(reader, 'get_event', { id: 'nope' });
    const nowhere = await call(reader, 'explain_trigger', { trigger: 'nope', event_id: letterId });

    expect(forbidden).toMatchObject({ isError: true, text: expect.stringContaining('not found') as string });
    expect(unknown).toMatchObject({ isError: true, text: expect.stringContaining('nrecognized') as string });
    expect(missing.text).toBe('not_found: There is no event with this id. Look with search_events.');
    expect(nowhere.isError).toBe(true);
    expect(await service.store.deadLetters.find(letterId)).toHaveLength(1);
  });

  it('is not let in without a key, with a key of another scope, or from a foreign page', async () => {
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const key = await keyFor('events:read');
    const writer = await keyFor('events:write');
    const as = (value: string) => ({ authorization: `Bearer ${value}` });

    expect((await service.post('/mcp', body)).status).toBe(401);
    expect((await service.post('/mcp', body, as(writer))).status).toBe(403);
    expect((await service.post('/mcp', body, { ...as(key), origin: 'https://evil.example' })).status).toBe(403);
    expect((await service.post('/mcp', body, as(key))).body.result.tools).toHaveLength(4);
    expect((await service.request('GET', '/mcp', { headers: as(key) })).status).toBe(405);
    expect((await service.request('DELETE', '/mcp', { headers: as(key) })).status).toBe(405);
  });

  it('gets an answer to whatever it sends, and does no harm', async () => {
    const headers = { authorization: `Bearer ${await keyFor('events:read')}` };
    const bodies = [null, 1, 'x', [], {}, { jsonrpc: '1.0' }, { jsonrpc: '2.0', method: 'nope', id: 1 }, [[]]];

    for (const body of bodies) {
      const { status } = await service.post('/mcp', body, headers);
      expect([body, status >= 500]).toEqual([body, false]);
    }
  });
});

it('counts towards the rate limit', async () => {
  const limited = await testBed({ RATE_LIMIT_REQUESTS: '3', RATE_LIMIT_WINDOW: '60' });
  const body = { jsonrpc: '2.0', id: 1, method: 'ping' };

  const statuses: number[] = [];
  for (let nr = 0; nr < 5; nr += 1) statuses.push((await limited.service.post('/mcp', body)).status);

  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  await limited.stop();
});
