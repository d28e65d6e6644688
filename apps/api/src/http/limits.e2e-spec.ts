import { connect } from 'node:net';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { startTestService, type TestService } from '../testing/test-service';

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

async function withService(variables: Record<string, string>, test: (service: TestService) => Promise<void>) {
  const service = await startTestService(database, variables);
  try {
    await test(service);
  } finally {
    await service.stop();
  }
}

const event = { type: 'http', payload: {} };

describe('D31: the rate limit', () => {
  it('holds for every route, answers 429 with Retry-After in the envelope, and leaves the probes alone', async () => {
    await withService({ RATE_LIMIT_REQUESTS: '3', RATE_LIMIT_WINDOW: '60' }, async (service) => {
      const passed = [
        await service.post('/events', event),
        await service.get('/events'),
        await service.get('/nothing'),
      ];
      const refused = [await service.post('/events', event), await service.get('/runs'), await service.get('/nothing')];

      expect(passed.map(({ status }) => status)).toEqual([201, 200, 404]);
      for (const { status, headers, body } of refused) {
        expect([status, headers.get('retry-after')]).toEqual([429, '20']);
        expect(body).toEqual({ error: { code: 'rate_limited', message: expect.stringMatching(/20 s/) as string } });
      }
      expect((await service.get('/health')).status).toBe(200);
      expect((await service.get('/ready')).status).toBe(200);
    });
  });

  it('believes X-Forwarded-For from trusted proxies only', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': address });

    await withService({ RATE_LIMIT_REQUESTS: '1' }, async (service) => {
      const answers = [
        await service.post('/events', event, from('203.0.113.1')),
        await service.post('/events', event, from('203.0.113.2')),
      ];
      expect(answers.map(({ status }) => status)).toEqual([201, 429]);
    });
    await withService({ RATE_LIMIT_REQUESTS: '1', TRUSTED_PROXIES: '127.0.0.0/8' }, async (service) => {
      const answers = [
        await service.post('/events', event, from('203.0.113.1')),
        await service.post('/events', event, from('203.0.113.2')),
        await service.post('/events', event, from('9.9.9.9, 203.0.113.1')),
      ];
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 429]);
    });
  });
});

describe('a page in a browser', () => {
  it('of another origin changes nothing, also with a request that needs no preflight', async () => {
    await withService({ ALLOWED_ORIGINS: 'https://console.example.com' }, async (service) => {
      const retry = (origin: string) => service.request('POST', '/triggers/billing/pause', { headers: { origin } });

      expect(await retry('https://evil.example')).toMatchObject({
        status: 403,
        body: { error: { code: 'origin_refused' } },
      });
      expect((await retry('null')).status).toBe(403);
      expect((await retry(service.url)).status).toBe(200);
      const listed = await retry('https://console.example.com');
      expect(listed.status).toBe(200);
      expect(listed.headers.get('access-control-allow-origin')).toBe('https://console.example.com');
      const foreign = await service.request('GET', '/events', { headers: { origin: 'https://evil.example' } });
      expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    });
  });

  it('that rebinds its name to loopback reads nothing', async () => {
    await withService({}, async (service) => {
      const answer = await service.app.inject({
        method: 'GET',
        url: '/events',
        headers: { host: 'evil.example:8000' },
      });

      expect(answer.statusCode).toBe(403);
    });
  });
});

describe('what is not HTTP', () => {
  it.each([
    ['GARBAGE\r\n\r\n', 400, 'malformed_request'],
    [`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ])('is answered in the envelope', async (bytes, status, code) => {
    await withService({}, async (service) => {
      const answer = await raw(service.url, bytes);

      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ error: { code } });
    });
  });
});

it('answers 503 with Retry-After while it has more to do than it can, and recovers', async () => {
  await withService({ RATE_LIMIT_REQUESTS: '0' }, async (service) => {
    // Requests whose body never ends: they are at work for as long as the client wants.
    const sockets = Array.from({ length: 2_000 }, () => openRequest(service.url));

    await eventually(async () => {
      // On a busy machine some of them waited for too long and were sent away.
      for (let more = 0; more < 50; more += 1) sockets.push(openRequest(service.url));
      const answer = await service.get('/events');
      expect([answer.status, answer.body.error?.code, answer.headers.get('retry-after')]).toEqual([
        503,
        'overloaded',
        '2',
      ]);
    });
    expect((await service.get('/health')).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await eventually(async () => expect((await service.get('/events')).status).toBe(200));
  });
});

function openRequest(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(
    `POST /events HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n`,
  );
  return socket;
}

function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk) => (text += String(chunk)));
    socket.on('close', () => resolve(text)).on('error', reject);
  });
}
