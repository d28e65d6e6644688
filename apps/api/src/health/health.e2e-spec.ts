import { eventually, freshDatabase, startProxy, type TestDatabase } from '@reflex/test';
import { startTestService, type TestService } from '../testing/test-service';

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

async function withService(
  url: string,
  variables: Record<string, string>,
  test: (service: TestService) => Promise<void>,
): Promise<void> {
  const service = await startTestService({ ...database, url }, variables);
  try {
    await test(service);
  } finally {
    await service.stop();
  }
}

it('is healthy and ready when work gets done', async () => {
  await withService(database.url, {}, async (service) => {
    expect((await service.get('/health')).body).toMatchObject({ status: 'healthy' });
    expect(await service.get('/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
    await eventually(async () => {
      const { status, body, text } = await service.get('/health/detailed');
      expect([status, body.status]).toEqual([200, 'healthy']);
      expect(body.indicators.workers).toMatchObject({ status: 'up', live: 1 });
      expect(body.indicators.own_worker).toMatchObject({ status: 'up' });
      expect(text).not.toMatch(/postgres:|version|127\.0\.0\.1/i);
    });
  });
});

it('D33: answers 503 while no worker lives, although the process does', async () => {
  await withService(database.url, { ROLE: 'api' }, async (service) => {
    await eventually(async () => {
      const { status, body } = await service.get('/health/detailed');
      expect([status, body.error?.code]).toEqual([503, 'unhealthy']);
      expect(body.error.details.indicators.workers).toMatchObject({ status: 'down' });
    });
    expect((await service.get('/ready')).status).toBe(200);
  });
});

it('D33: answers 503 when the database is gone, says alive, and is ready again when it is back', async () => {
  const proxy = await startProxy(Number(new URL(database.url).port));
  await withService(proxy.through(database.url), {}, async (service) => {
    expect((await service.get('/ready')).status).toBe(200);

    proxy.blackhole();
    proxy.reset();
    await eventually(async () => {
      const ready = await service.get('/ready');
      expect([ready.status, ready.body.error?.code, ready.headers.get('retry-after')]).toEqual([503, 'not_ready', '5']);
    });
    expect((await service.get('/health/detailed')).status).toBe(503);
    expect((await service.get('/health')).status).toBe(200);
    const refused = await service.post('/events', { type: 'http', payload: {} });
    expect([refused.status, refused.body.error.code]).toEqual([503, 'store_unavailable']);
    expect(refused.headers.get('retry-after')).toBeTruthy();

    proxy.resume();
    await eventually(async () => expect((await service.get('/ready')).status).toBe(200));
    await eventually(async () =>
      expect((await service.post('/events', { type: 'http', payload: {} })).status).toBe(201),
    );
  });
  await proxy.close();
});

it('a worker answers probes and nothing else', async () => {
  await withService(database.url, { ROLE: 'worker' }, async (service) => {
    expect((await service.get('/ready')).status).toBe(200);
    expect((await service.post('/events', { type: 'http', payload: {} })).status).toBe(404);
    expect((await service.get('/docs')).status).toBe(404);
  });
});
