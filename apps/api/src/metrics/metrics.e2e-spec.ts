import { eventually } from '@reflex/test';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
});
afterAll(() => bed.stop());

/** The value of a series, by its name and labels as Prometheus writes them. */
async function figure(series: string): Promise<number | undefined> {
  const { text } = await service.get('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

it('counts runs by trigger and outcome, and answers by route', async () => {
  await service.post('/events', { type: 'http', source: 'metrics', payload: { fail: true } });

  await eventually(async () => expect(await figure('reflex_dead_letters')).toBe(1));
  const { status, headers, text } = await service.get('/metrics');
  expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  expect(text).toMatch(/^reflex_run_duration_seconds_count\{trigger="[^"]+",outcome="dead_letter"\} 1$/m);
  expect(text).toMatch(
    /^reflex_http_request_duration_seconds_count\{method="POST",route="\/events",status="201"\} 1$/m,
  );
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
});

it('tells how the store does', async () => {
  expect(await figure('reflex_store_up')).toBe(1);
  expect(await figure('reflex_live_workers')).toBe(1);
  expect(await figure('reflex_deliveries{state="processing"}')).toBe(0);
  expect(await figure('reflex_partition_days_ahead')).toBeGreaterThanOrEqual(6);
  await eventually(async () => expect(await figure('reflex_notify_healthy')).toBe(1));
});

it('tells what is so at the scrape, not what was so at the one before', async () => {
  await figure('reflex_dead_letters');
  await service.post('/events', { type: 'http', source: 'metrics', payload: { fail: true } });
  await eventually(async () => expect((await service.get('/events/dlq')).body.events).toHaveLength(2));

  expect(await figure('reflex_dead_letters')).toBe(2);
});

it('makes no series of ids', async () => {
  await service.get('/events/no-such-event');

  const { text } = await service.get('/metrics');

  expect(text).not.toContain('no-such-event');
  expect(text).toContain('route="/events/:id"');
});
