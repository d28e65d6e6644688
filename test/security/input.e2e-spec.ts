import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { globMatcher } from '@reflex/core';
import { guardedService, LEAK, type GuardedService, type Injected } from './guarded-service';

jest.setTimeout(600_000);

let bed: GuardedService;
let key: string;

beforeAll(async () => {
  bed = await guardedService();
  key = await bed.keyFor('admin');
});
afterAll(() => bed.stop());

const payload = (json: string) => `{"type":"http","payload":${json}}`;
const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  bed.inject('POST', '/events', { key, payload: body, headers });

function refusal({ status, body, text }: Injected): [status: number, code: string] {
  expect(text).not.toMatch(LEAK);
  expect(body.error.message).toMatch(/[.]$/);
  return [status, body.error.code as string];
}

describe('S5: a body', () => {
  it.each<[what: string, body: string | Buffer, headers: Record<string, string>, status: number]>([
    ['of more than 256 KiB', payload(JSON.stringify('x'.repeat(256 * 1024))), {}, 413],
    ['of 33 levels', payload(`{"a":${'['.repeat(31)}${']'.repeat(31)}}`), {}, 422],
    [
      'of 1,001 keys',
      payload(JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_v, n) => [n, n])))),
      {},
      422,
    ],
    ['of a form', 'type=http', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['of plain text', '{}', { 'content-type': 'text/plain' }, 415],
    ['of several parts', '{}', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['that is a gzip bomb', gzipSync(Buffer.alloc(100_000_000)), { 'content-encoding': 'gzip' }, 415],
    ['that is a deflate bomb', Buffer.alloc(10), { 'content-encoding': 'deflate' }, 415],
    ['with a field too many', '{"from":"1h","to":"0s","mode":"dry_run","force":true}', {}, 422],
  ])('%s is refused', async (what, body, headers, status) => {
    const before = process.memoryUsage().rss;
    const route = what.startsWith('with a field') ? '/events/replay' : '/events';

    const answer = await bed.inject('POST', route, { key, payload: body, headers });

    expect(refusal(answer)[0]).toBe(status);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('that comes too slowly ends by a timeout', () => {
    const server = bed.service.app.getHttpServer() as { requestTimeout: number; headersTimeout: number };

    expect(server.requestTimeout).toBeLessThanOrEqual(30_000);
    expect(server.headersTimeout).toBeLessThanOrEqual(60_000);
    expect(Math.min(server.requestTimeout, server.headersTimeout)).toBeGreaterThan(0);
  });

  it('that comes too slowly, from 500 clients at once, keeps nobody else waiting', async () => {
    const { port } = new URL(bed.service.url);
    const slow = Array.from({ length: 500 }, () => crawl(Number(port)));
    await Promise.all(slow.map(({ connected }) => connected));

    const startedAt = performance.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => bed.service.get('/health')));

    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    for (const { socket } of slow) socket.destroy();
  });
});

describe('S6: __proto__, constructor and prototype', () => {
  beforeAll(() => Object.freeze(Object.prototype));

  it.each(['__proto__', 'constructor', 'prototype'])('%s changes nothing, wherever it stands', async (name) => {
    const polluting = `{"${name}":{"polluted":1,"isAdmin":true}}`;
    const answers = [
      await post(payload(polluting)),
      await post(`{"type":"http","payload":{},"${name}":{"polluted":1}}`),
      await post(`{"type":"http","payload":{},"meta":${polluting}}`),
      await post(`[{"type":"http","payload":${polluting}}]`),
      await bed.inject('POST', '/events/replay', { key, payload: polluting }),
      await bed.inject('GET', `/events?${name}=1`, { key }),
      await bed.inject('GET', `/events?${name}[polluted]=1`, { key }),
      await bed.inject('GET', `/audit?${name}=1`, { key }),
      await bed.inject('GET', `/events/${name}`, { key }),
      await bed.inject('POST', `/triggers/${name}/pause`, { key }),
    ];

    for (const { status } of answers) expect([201, 404, 422]).toContain(status);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect((await bed.inject('GET', '/events', { key: await bed.keyFor('events:write') })).status).toBe(403);
  });
});

describe('S7: a client cannot pretend to be the server', () => {
  it.each([
    ['a timer', '{"type":"timer.tick","timer_name":"x","tick_count":1}'],
    ['a life cycle', '{"type":"lifecycle","action":"started"}'],
    ['a workflow', '{"type":"workflow.started"}'],
    ['a depth', '{"type":"http","payload":{},"meta":{"depth":0}}'],
    ['a cause', '{"type":"http","payload":{},"meta":{"causation_id":"x"}}'],
    ['a tenant', '{"type":"http","payload":{},"tenant":"x"}'],
    ['a WebSocket', '{"type":"http","source":"ws:alice","payload":{}}'],
    ['a webhook', '{"type":"http","source":"webhook:github","payload":{}}'],
    ['a timer’s source', '{"type":"http","source":"timer:x","payload":{}}'],
    ['the life cycle’s source', '{"type":"http","source":"lifecycle:api","payload":{}}'],
    ['a place in the log', '{"type":"http","payload":{},"seq":1}'],
    ['a time of receipt', '{"type":"http","payload":{},"received_at":"2020-01-01T00:00:00Z"}'],
  ])('by sending %s', async (_what, body) => {
    expect(refusal(await post(body))[0]).toBe(422);
  });
});

describe('S8: SQL', () => {
  const CORPUS = [
    "'; drop table reflex.events; --",
    "' or '1'='1",
    '1; select pg_sleep(10)',
    "'||pg_sleep(10)||'",
    "') union select hash::text from reflex.api_keys --",
    '"; delete from reflex.deliveries; --',
    '$1',
    '$$; drop schema reflex cascade; $$',
    "\\'; truncate reflex.events; --",
    "%' --",
    '/**/or/**/1=1',
    '{a,b}',
    '{"a","b"}',
    "notify x, 'y'",
    "x'; notify reflex, 'forged",
    'null',
    "' and extractvalue(1,1) --",
    '%_%',
    '\\',
    'a\'b"c`d',
  ];

  it.each(CORPUS)('%s is text wherever it stands', async (text) => {
    const before = await figures();
    const q = encodeURIComponent(text);
    const startedAt = performance.now();
    const event = { type: 'http', payload: { [text]: text } };

    const answers = [
      await bed.inject('GET', `/events/${q}`, { key }),
      await bed.inject('GET', `/events?type=${q}`, { key }),
      await bed.inject('GET', `/events?source=${q}`, { key }),
      await bed.inject('GET', `/events?correlation_id=${q}`, { key }),
      await bed.inject('GET', `/events?cursor=${q}`, { key }),
      await bed.inject('GET', `/events?order=${q}`, { key }),
      await bed.inject('GET', `/events?from=${q}&to=${q}&limit=${q}`, { key }),
      await bed.inject('GET', `/runs?trigger=${q}`, { key }),
      await bed.inject('GET', `/runs?event_id=${q}&cursor=${q}`, { key }),
      await bed.inject('GET', `/runs/${q}`, { key }),
      await bed.inject('GET', `/events/dlq?trigger=${q}&type=${q}`, { key }),
      await bed.inject('GET', `/events/dlq?cursor=${q}`, { key }),
      await bed.inject('GET', `/events/dlq/${q}`, { key }),
      await bed.inject('DELETE', `/events/dlq/${q}`, { key, headers: { 'x-reason': text } }),
      await bed.inject('POST', `/events/dlq/${q}/retry`, { key, payload: JSON.stringify({ reason: text }) }),
      await bed.inject('POST', `/triggers/${q}/pause`, { key }),
      await bed.inject('POST', `/triggers/${q}/resume`, { key }),
      await bed.inject('GET', `/audit?actor=${q}&action=${q}&target=${q}`, { key }),
      await bed.inject('GET', `/audit?cursor=${q}`, { key }),
      await bed.inject('GET', '/events', { key: text.replace(/[^\x20-\x7e]/g, '') }),
      await bed.inject('POST', '/events/replay', {
        key,
        payload: JSON.stringify({ from: '1h', to: '0s', types: [text], triggers: [text], mode: 'execute' }),
      }),
      await post(JSON.stringify({ type: text, payload: {} })),
      await post(JSON.stringify({ ...event, source: text })),
      await post(JSON.stringify({ ...event, id: `${text}${Math.random()}` })),
      await post(JSON.stringify({ ...event, meta: { trace_id: text, correlation_id: text } })),
      await post(JSON.stringify(event), { 'idempotency-key': text }),
    ];

    for (const [index, { status, text: answer }] of answers.entries()) {
      if (status >= 500 || LEAK.test(answer.replaceAll(JSON.stringify(text).slice(1, -1), ''))) {
        throw new Error(`Answer ${index}: ${status} ${answer}`);
      }
    }
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    const after = await figures();
    expect(after.tables).toBe(before.tables);
    expect(after.events).toBeGreaterThanOrEqual(before.events);
    expect(after.keys).toBe(before.keys);
  });

  it('is read back to the letter', async () => {
    for (const text of CORPUS) {
      const { body } = await post(JSON.stringify({ type: 'http', source: 'corpus', payload: { [text]: text } }));
      const found = await bed.inject('GET', `/events/${String(body.id)}`, { key });

      expect(found.body.payload).toEqual({ [text]: text });
    }
  });

  async function figures(): Promise<{ tables: number; events: number; keys: number }> {
    const [row] = await sql<{ tables: number; events: number; keys: number }>(
      `select (select count(*)::int from pg_class where relnamespace = 'reflex'::regnamespace) as tables,
              (select count(*)::int from reflex.events) as events,
              (select count(*)::int from reflex.api_keys) as keys`,
    );
    return row!;
  }

  async function sql<T>(text: string): Promise<T[]> {
    const { dataSource } = bed.service.store as unknown as { dataSource: { query(text: string): Promise<T[]> } };
    return dataSource.query(text);
  }
});

describe('S9: patterns of clients', () => {
  it('cost no more than their length, however they are made', () => {
    const text = 'a'.repeat(50_000);
    const startedAt = performance.now();

    expect(globMatcher([`${'*a'.repeat(100)}*b`])(text)).toBe(false);
    expect(globMatcher(['(a+)+$', '^(a|a)*$*', '(?=a)*b'])(text)).toBe(false);

    expect(performance.now() - startedAt).toBeLessThan(50);
  });

  it('do not keep the database busy', async () => {
    await post(JSON.stringify({ type: 'http', source: 'a'.repeat(120), payload: {} }));
    const startedAt = performance.now();

    const { status } = await bed.inject('GET', `/events?source=${'*a'.repeat(120)}*b`, { key });

    expect([200, 422]).toContain(status);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

interface Crawler {
  socket: Socket;
  connected: Promise<void>;
}

/** Sends the head of a request and then nothing. */
function crawl(port: number): Crawler {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const connected = new Promise<void>((resolve) =>
    socket.once('connect', () => {
      socket.write(
        'POST /events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n',
      );
      resolve();
    }),
  );
  return { socket, connected };
}
