import { SocketServer } from '@reflex/realtime';
import { eventually } from '@reflex/test';
import { guardedService, type GuardedService } from './guarded-service';
import { connect, type Socket } from './socket';

jest.setTimeout(120_000);

let bed: GuardedService;
let url: string;
let key: string;

beforeAll(async () => {
  bed = await guardedService({
    WS_MAX_CONNECTIONS_PER_KEY: '20',
    WS_RATE_LIMIT: '100000',
    WS_RATE_LIMIT_PER_KEY: '1000000',
  });
  url = bed.service.url;
  key = await bed.keyFor('events:write');
});
afterAll(() => bed.stop());

const acks = ({ frames }: Socket) => frames.filter((frame) => 'ack' in frame);
const stored = async (source: string) => (await bed.service.store.search({ sources: [source], order: 'oldest' })).items;

describe('S3: a socket', () => {
  it('is refused before the handshake for a wrong key or one that may not write', async () => {
    const reader = await bed.keyFor('events:read');

    expect(await connect(url, { key: 'nonsense' }).opened).toBe(401);
    expect(await connect(url, { key: `rfx_0000000000_${'a'.repeat(43)}` }).opened).toBe(401);
    expect(await connect(url, { key: reader }).opened).toBe(403);
    expect(await connect(url, { headers: { authorization: 'Bearer nonsense' } }).opened).toBe(401);
  });

  it('opens with the key in the subprotocol or a header, and never sends the key back', async () => {
    const one = connect(url, { key });
    const other = connect(url, { headers: { 'x-api-key': key } });

    expect([await one.opened, await other.opened]).toEqual(['open', 'open']);
    one.send({ content: 'hello' });
    other.send({ content: 'hello' });
    await eventually(() => expect([acks(one).length, acks(other).length]).toEqual([1, 1]));
    expect(one.raw.protocol).toBe('reflex');
    one.raw.close();
    other.raw.close();
  });

  it('opens with the key in its first frame, and stores what was sent right behind it in order', async () => {
    const client = connect(url, { path: '/ws/first-frame' });
    await client.opened;

    client.send({ auth: key });
    for (let n = 0; n < 20; n += 1) client.send({ content: `m${n}` });

    await eventually(() => expect(acks(client)).toHaveLength(20));
    expect(client.frames[0]).toEqual({ auth: 'ok' });
    const contents = (await stored('ws:first-frame')).map(({ payload }) => payload['content']);
    expect(contents).toEqual(Array.from({ length: 20 }, (_value, n) => `m${n}`));
    client.raw.close();
  });

  it.each([
    ['a frame that is no key', { content: 'let me in' }],
    ['a wrong key', { auth: `rfx_0000000000_${'a'.repeat(43)}` }],
    ['a key of another kind', { auth: 7 }],
    ['no JSON', 'hello'],
  ])('is closed with 1008 for %s, and what follows is not stored', async (_what, first) => {
    const client = connect(url, { path: '/ws/intruder' });
    await client.opened;

    client.send(first);
    client.send({ content: 'sneaked in' });

    expect((await client.closed).code).toBe(1008);
    expect(client.frames).toEqual([]);
    expect(await stored('ws:intruder')).toEqual([]);
  });

  it('is closed with 1008 when a key that may only read comes in the first frame', async () => {
    const client = connect(url);
    await client.opened;

    client.send({ auth: await bed.keyFor('events:read') });

    expect(await client.closed).toMatchObject({
      code: 1008,
      reason: expect.stringContaining('events:write') as string,
    });
  });

  it('is closed with 1008 when no key comes within 5 s, also with one in the query string', async () => {
    const silent = connect(url);
    const query = connect(url, { path: `/ws?key=${key}&access_token=${key}` });

    for (const { code, afterMs } of await Promise.all([silent.closed, query.closed])) {
      expect(code).toBe(1008);
      expect(afterMs).toBeGreaterThan(4_500);
      expect(afterMs).toBeLessThan(7_000);
    }
  });

  it('from a page of another origin is refused with 403, whatever its key', async () => {
    expect(await connect(url, { key, headers: { origin: 'https://evil.example' } }).opened).toBe(403);
    expect(await connect(url, { key, headers: { origin: 'null' } }).opened).toBe(403);
  });

  it('is closed within 60 s after its key was revoked elsewhere or has expired; others stay', async () => {
    const revoked = await bed.keys.create({ name: 'revoked', scopes: ['events:write'] });
    const short = { name: 'short', scopes: ['events:write'], expiresAt: new Date(Date.now() + 3_000) };
    const expiring = await bed.keys.create(short);
    const sockets = [connect(url, { key: revoked.key }), connect(url, { key: expiring.key }), connect(url, { key })];
    expect(await Promise.all(sockets.map(({ opened }) => opened))).toEqual(['open', 'open', 'open']);

    // As another process does it: this one is not told.
    const { dataSource } = bed.service.store as unknown as {
      dataSource: { query(sql: string, p: unknown[]): unknown };
    };
    await dataSource.query('update reflex.api_keys set revoked_at = now() where id = $1', [revoked.id]);
    const ends = await Promise.all(sockets.slice(0, 2).map(({ closed }) => closed));

    for (const { code, reason, afterMs } of ends) {
      expect([code, reason]).toEqual([1008, expect.stringContaining('no longer valid')]);
      expect(afterMs).toBeLessThan(60_000);
    }
    expect(sockets[2]!.raw.readyState).toBe(sockets[2]!.raw.OPEN);
    sockets[2]!.raw.close();
  });
});

describe('S4: limits', () => {
  it('one key has so many connections and no more', async () => {
    const many = await bed.keyFor('events:write');
    const sockets = Array.from({ length: 20 }, () => connect(url, { key: many }));
    await Promise.all(sockets.map(({ opened }) => opened));

    const surplus = connect(url, { key: many });
    expect((await surplus.closed).code).toBe(1013);

    sockets[0]!.raw.close();
    await sockets[0]!.closed;
    await eventually(async () => {
      const next = connect(url, { key: many });
      await next.opened;
      next.send({ content: 'there is room again' });
      await eventually(() => expect(acks(next)).toHaveLength(1), { timeoutMs: 1_000 });
      next.raw.close();
    });
    for (const { raw } of sockets) raw.close();
  });

  it('one address has 100 connections without a key and no more, and those with a key do not count', async () => {
    const strangers = Array.from({ length: 100 }, () => connect(url));
    await Promise.all(strangers.map(({ opened }) => opened));

    const surplus = connect(url);
    const known = connect(url, { key });

    expect((await surplus.closed).code).toBe(1013);
    known.send.call(known, await known.opened.then(() => ({ content: 'I have a key' })));
    await eventually(() => expect(acks(known)).toHaveLength(1));
    for (const { raw } of [...strangers, known]) raw.terminate();
  });

  it('a frame has at most 64 KiB, compressed or not', async () => {
    const client = connect(url, { key });
    await client.opened;

    expect(client.raw.extensions).toBe('');
    client.send({ content: 'x'.repeat(64 * 1024) });

    expect((await client.closed).code).toBe(1009);
  });

  it('a client that does not read is closed, and the others are not slowed down', async () => {
    const server = bed.service.app.get(SocketServer);
    await eventually(() => expect(server.size).toBe(0));
    const lazy = connect(url, { key, path: '/ws/lazy' });
    const quick = connect(url, { key });
    await Promise.all([lazy.opened, quick.opened]);

    lazy.raw.pause();
    // Each is answered with all that it says, by the trigger "echo".
    for (let n = 0; n < 400; n += 1) lazy.send({ content: 'x'.repeat(60_000) });
    const startedAt = performance.now();
    for (let n = 0; n < 20; n += 1) {
      quick.send({ content: 'q' });
      await eventually(() => expect(acks(quick)).toHaveLength(n + 1));
    }

    expect((performance.now() - startedAt) / 20).toBeLessThan(500);
    await eventually(() => expect(server.size).toBe(1), { timeoutMs: 60_000 });
    expect(quick.raw.readyState).toBe(quick.raw.OPEN);
    lazy.raw.terminate();
    quick.raw.close();
  });
});
