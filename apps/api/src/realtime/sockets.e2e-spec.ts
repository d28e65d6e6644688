import { eventually } from '@reflex/test';
import { openSocket, refusedUpgrade } from '../testing/socket-client';
import { startTestService, testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed({ ALLOWED_ORIGINS: 'https://console.example.com' });
  service = bed.service;
});
afterAll(() => bed.stop());

const storedBy = async (clientId: string) =>
  (await service.get(`/events?source=ws:${clientId}&limit=1000`)).body.items as { id: string; content: string }[];

describe('D40: /ws and /ws/:clientId', () => {
  it('acknowledge what is stored, and answer', async () => {
    const client = await openSocket(service.url, '/ws/alice');

    client.send({ content: 'Hello' });

    const { ack } = await eventually(() => {
      expect(client.frames[0]).toHaveProperty('ack');
      return client.frames[0]!;
    });
    expect((await service.get(`/events/${String(ack)}`)).body).toMatchObject({
      type: 'ws.message',
      source: 'ws:alice',
      connection_id: 'alice',
      content: 'Hello',
    });
    expect(await client.frame({ type: 'reply' })).toEqual({
      type: 'reply',
      event_id: ack,
      trigger: 'echo',
      run_id: expect.stringMatching(/^\d+$/) as string,
      content: 'You said: Hello',
    });
    await client.close();
  });

  it('work without a client id, each connection with an id of its own', async () => {
    const [one, other] = [await openSocket(service.url, '/ws'), await openSocket(service.url, '/ws/')];

    one.send({ content: 'one' });
    other.send({ content: 'other' });

    expect(await one.frame({ type: 'reply' })).toMatchObject({ content: 'You said: one' });
    expect(await other.frame({ type: 'reply' })).toMatchObject({ content: 'You said: other' });
    await Promise.all([one.close(), other.close()]);
  });

  it('tell that a trigger gave up, without telling the error’s text', async () => {
    const client = await openSocket(service.url, '/ws/unlucky');

    client.send({ content: 'fail' });

    expect(await client.frame({ type: 'error' })).toMatchObject({
      trigger: 'echo',
      error: { code: 'permanent_error' },
    });
    expect(JSON.stringify(client.frames)).not.toContain('hunter2');
    await client.close();
  });
});

describe('D32: a wrong frame', () => {
  it.each([
    ['text', 'hello'],
    ['half an object', '{"content":'],
    ['no content', '{}'],
    ['an unknown field', '{"content":"a","admin":true}'],
    ['__proto__', '{"content":"a","__proto__":{}}'],
    ['NUL', '{"content":"\\u0000"}'],
    ['binary', Buffer.from('{"content":"a"}')],
  ])('of %s is answered, and the connection stays open', async (_what, frame) => {
    const client = await openSocket(service.url, '/ws/clumsy');

    client.socket.send(frame);
    const refusal = await eventually(() => {
      expect(client.frames).toHaveLength(1);
      return client.frames[0]!;
    });
    client.send({ content: 'and on' });

    expect(refusal).toEqual({
      error: expect.stringMatching(/[.]$/) as string,
      details: expect.objectContaining({ code: expect.any(String) as string }) as object,
    });
    expect(await client.frame({ type: 'reply' })).toMatchObject({ content: 'You said: and on' });
    await client.close();
  });

  it('of more than 64 KiB closes with 1009', async () => {
    const client = await openSocket(service.url, '/ws/big');

    client.send({ content: 'x'.repeat(65 * 1024) });

    expect(await client.closed).toBe(1009);
    expect((await service.get('/health')).status).toBe(200);
  });
});

describe('a frame with an id', () => {
  it('is stored once however often it is sent, also over a new connection', async () => {
    const first = await openSocket(service.url, '/ws/stubborn');
    first.send({ id: 'm1', content: 'Once' });
    first.send({ id: 'm1', content: 'Once' });
    await eventually(() => expect(first.frames.filter((frame) => 'ack' in frame)).toHaveLength(2));
    await first.frame({ type: 'reply' });
    await first.close();

    const second = await openSocket(service.url, '/ws/stubborn');
    second.send({ id: 'm1', content: 'Once' });

    expect(await second.frame({ type: 'reply' })).toMatchObject({ content: 'You said: Once' });
    const acks = [...first.frames, ...second.frames].flatMap((frame) => ('ack' in frame ? [frame['ack']] : []));
    expect(new Set(acks).size).toBe(1);
    expect(await storedBy('stubborn')).toHaveLength(1);
    await second.close();
  });

  it('does not collide with the same id of another client', async () => {
    const clients = [await openSocket(service.url, '/ws/left'), await openSocket(service.url, '/ws/right')];

    for (const [index, client] of clients.entries()) client.send({ id: '1', content: `client ${index}` });

    for (const [index, client] of clients.entries()) {
      expect(await client.frame({ type: 'reply' })).toMatchObject({ content: `You said: client ${index}` });
      await client.close();
    }
  });

  it('and other content is refused', async () => {
    const client = await openSocket(service.url, '/ws/liar');

    client.send({ id: '1', content: 'this' });
    client.send({ id: '1', content: 'that' });

    await eventually(() => expect(client.frames.some((frame) => 'error' in frame)).toBe(true));
    expect(client.frames.find((frame) => 'error' in frame)).toMatchObject({
      details: { code: 'idempotency_conflict' },
    });
    await client.close();
  });
});

describe('D32: a reply', () => {
  it('arrives through another process than the one that worked', async () => {
    const api = await startTestService(bed.database, { ROLE: 'api' });
    await service.request('POST', '/triggers/echo/pause');
    const client = await openSocket(api.url, '/ws/remote');
    client.send({ content: 'far away' });
    await eventually(() => expect(client.frames).toHaveLength(1));

    await service.request('POST', '/triggers/echo/resume');

    expect(await client.frame({ type: 'reply' })).toMatchObject({ trigger: 'echo', content: 'You said: far away' });
    expect(client.frames).toHaveLength(2);
    await client.close();
    await api.stop();
  });
});

describe('an upgrade', () => {
  it.each([
    ['of a foreign page', '/ws', { origin: 'https://evil.example' }, 403],
    ['of a sandboxed page', '/ws', { origin: 'null' }, 403],
    ['with a rebound name', '/ws', { headers: { host: 'evil.example' } }, 403],
    ['of an unknown path', '/sockets', {}, 404],
    ['of a path that only starts alike', '/wsx', {}, 404],
    ['with a path too long', '/ws/a/b', {}, 400],
    ['with a strange client id', '/ws/a%20b', {}, 400],
    ['with a broken client id', '/ws/%E0%A4%A', {}, 400],
    ['with an endless client id', `/ws/${'x'.repeat(129)}`, {}, 400],
  ])('%s is refused before the handshake', async (_what, path, options, status) => {
    expect(await refusedUpgrade(service.url, path, options)).toBe(status);
  });

  it.each([
    ['our own page', () => ({ origin: service.url })],
    ['a listed page', () => ({ origin: 'https://console.example.com' })],
  ])('of %s is welcome', async (_who, options) => {
    const client = await openSocket(service.url, '/ws/page', options());

    await client.close();
  });

  it('does not compress, whatever the client offers', async () => {
    const client = await openSocket(service.url, '/ws', { perMessageDeflate: true });

    expect(client.socket.extensions).toBe('');
    await client.close();
  });
});

describe('limits', () => {
  it('answer a client that sends too fast, and store what they let through', async () => {
    const slow = await startTestService(bed.database, { WS_RATE_LIMIT: '5' });
    const client = await openSocket(slow.url, '/ws/hasty');

    for (let index = 0; index < 30; index += 1) client.send({ content: `${index}` });

    await eventually(() =>
      expect(client.frames.filter((frame) => 'ack' in frame || 'error' in frame)).toHaveLength(30),
    );
    const acks = client.frames.filter((frame) => 'ack' in frame);
    expect(acks.length).toBeGreaterThanOrEqual(10);
    expect(acks.length).toBeLessThan(20);
    expect(client.frames.find((frame) => 'error' in frame)).toMatchObject({ details: { code: 'rate_limited' } });
    expect(await storedBy('hasty')).toHaveLength(acks.length);
    await client.close();
    await slow.stop();
  });

  it('close a client that never stops sending too fast', async () => {
    const slow = await startTestService(bed.database, { WS_RATE_LIMIT: '1' });
    const client = await openSocket(slow.url, '/ws/rude');

    for (let index = 0; index < 600; index += 1) client.send({ content: `${index}` });

    expect(await client.closed).toBe(1008);
    await slow.stop();
  });

  it('close connections above the cap with 1013', async () => {
    const small = await startTestService(bed.database, { WS_MAX_CONNECTIONS: '2' });
    const clients = [await openSocket(small.url, '/ws'), await openSocket(small.url, '/ws')];

    const third = await openSocket(small.url, '/ws');
    expect(await third.closed).toBe(1013);
    await clients[0]!.close();

    const fourth = await openSocket(small.url, '/ws');
    fourth.send({ content: 'there is room' });
    expect(await fourth.frame({ type: 'reply' })).toBeDefined();
    await small.stop();
  });
});

it('a stopping service acknowledges what it read, and closes with 1001', async () => {
  const other = await startTestService(bed.database);
  const client = await openSocket(other.url, '/ws/last');
  for (let index = 0; index < 20; index += 1) client.send({ content: `${index}` });
  await eventually(() => expect(client.frames.length).toBeGreaterThan(0));

  await other.stop();

  expect(await client.closed).toBe(1001);
  const acks = client.frames.flatMap((frame) => ('ack' in frame ? [frame['ack']] : []));
  const stored = (await storedBy('last')).map(({ id }) => id);
  expect(new Set(stored)).toEqual(new Set(acks));
});
