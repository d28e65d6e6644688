import { eventually } from '@reflex/test';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
});
afterAll(() => bed.stop());

const act = (method: string, path: string) => service.request(method, path);

it('makes, shows, pauses, resumes and deletes a timer', async () => {
  const made = await service.post('/timers', {
    name: 'report',
    cron: '0 9 * * *',
    tz: 'Europe/Berlin',
    missed: 'skip',
  });

  expect(made).toMatchObject({
    status: 201,
    body: {
      name: 'report',
      cron: '0 9 * * *',
      every_ms: null,
      tz: 'Europe/Berlin',
      missed: 'skip',
      origin: 'rest',
      paused: false,
      tick_count: 0,
      last_at: null,
      next_at: expect.stringMatching(/T0[78]:00:00\.000Z$/) as string,
    },
  });
  expect((await service.get('/timers')).body).toEqual({ items: [made.body], next_cursor: null });
  expect((await service.get('/timers/report')).body).toEqual(made.body);
  expect(await act('POST', '/timers/report/pause')).toMatchObject({
    status: 200,
    body: { paused: true, next_at: null },
  });
  expect(await act('POST', '/timers/report/resume')).toMatchObject({ status: 200, body: made.body as object });
  expect(await act('DELETE', '/timers/report')).toMatchObject({ status: 200, body: { name: 'report', deleted: true } });
  expect((await service.get('/timers')).body.items).toEqual([]);
  const { body: audit } = await service.get('/audit?target=report');
  expect((audit.items as { action: string }[]).map(({ action }) => action)).toEqual([
    'timer.delete',
    'timer.resume',
    'timer.pause',
    'timer.create',
  ]);
});

it('makes ticks that are events like any other', async () => {
  await service.post('/timers', { name: 'poll', every: '10s' });

  const events = await eventually(
    async () => {
      const { items } = (await service.get('/events?type=timer.tick&source=timer:poll')).body;
      expect(items).toHaveLength(1);
      return items as object[];
    },
    { timeoutMs: 20_000 },
  );

  expect(events).toMatchObject([{ type: 'timer.tick', timer_name: 'poll', tick_count: 1 }]);
});

it.each([
  [{ name: 'quick', every: '9s' }, 422, 'invalid_timer', /10s to 366d/],
  [{ name: 'quick', cron: '* * * * * *' }, 422, 'invalid_timer', /every 10 seconds/],
  [{ name: 'context:billing', every: '1m' }, 422, 'invalid_timer', /a name is/],
  [{ name: 'wrong', cron: '0 9 * * *', tz: "'; drop table reflex.timers; --" }, 422, 'invalid_timer', /no time zone/],
  [{ name: 'wrong' }, 422, 'invalid_timer', /either cron or every/],
  [{ name: 'wrong', every: '1m', missed: 'never' }, 422, 'invalid_request', /missed must be one of/],
  [{ name: 'wrong', every: '1m', origin: 'code' }, 422, 'invalid_request', /origin should not exist/],
  [{ every: '1m' }, 422, 'invalid_request', /name/],
])('refuses %j', async (timer, status, code, sentence) => {
  const answer = await service.post('/timers', timer);

  expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  expect(answer.body.error.message).toMatch(sentence);
});

it('answers 409 to a name that is taken, 404 to one that is not there', async () => {
  await service.post('/timers', { name: 'taken', every: '1h' });

  expect(await service.post('/timers', { name: 'taken', every: '2h' })).toMatchObject({
    status: 409,
    body: { error: { code: 'timer_exists' } },
  });
  for (const [method, path] of [
    ['GET', '/timers/none'],
    ['DELETE', '/timers/none'],
    ['POST', '/timers/none/pause'],
    ['POST', '/timers/none/resume'],
  ] as const) {
    expect(await act(method, path)).toMatchObject({ status: 404, body: { error: { code: 'unknown_timer' } } });
  }
});

it('takes no tick from a client', async () => {
  const answer = await service.post('/events', { type: 'timer.tick', timer_name: 'poll', tick_count: 1 });

  expect([answer.status, answer.body.error.code]).toEqual([422, 'reserved_type']);
});
