import { eventually } from '@reflex/test';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
});
afterAll(() => bed.stop());

const order = { type: 'order.placed', source: 'shop', order_id: '1', total: 42 };

it('lists the triggers', async () => {
  const { body } = await service.get('/triggers');

  expect(body.next_cursor).toBeNull();
  expect(body.items).toContainEqual({
    name: 'billing',
    types: ['order.placed'],
    match: null,
    scope: null,
    stateful: false,
    paused: false,
    active: true,
    on_retry: 'block',
    priority: 0,
    concurrency: null,
    throttle: null,
    max_waiting: null,
  });
});

it('pauses a trigger, whose deliveries wait until it is resumed', async () => {
  const pause = await service.request('POST', '/triggers/billing/pause');
  const { body } = await service.post('/events', order);
  const status = async () => (await service.get(`/events/${body.id}`)).body.deliveries[0].status as string;

  expect(pause).toMatchObject({ status: 200, body: { name: 'billing', paused: true } });
  expect((await service.get('/triggers')).body.items).toContainEqual(
    expect.objectContaining({ name: 'billing', paused: true }),
  );
  expect(await status()).toBe('pending');

  const resume = await service.request('POST', '/triggers/billing/resume');
  expect(resume).toMatchObject({ status: 200, body: { name: 'billing', paused: false } });
  await eventually(async () => expect(await status()).toBe('completed'));
});

it('answers 404 for a trigger that is not there', async () => {
  const answer = await service.request('POST', `/triggers/${encodeURIComponent("a' or '1'='1")}/pause`);

  expect(answer).toMatchObject({ status: 404, body: { error: { code: 'unknown_trigger' } } });
});

it('shows runs with their results, without stacks', async () => {
  const { body } = await service.post('/events', order);
  const { body: failed } = await service.post('/events', { type: 'http', source: 'shop', payload: { fail: true } });

  const run = await eventually(async () => {
    const { items } = (await service.get(`/runs?event_id=${body.id}&trigger=billing&outcome=completed`)).body;
    expect(items).toHaveLength(1);
    return items[0] as { id: string };
  });
  expect(run).toMatchObject({ trigger: 'billing', event_id: body.id, attempt: 1, result: 42, error: null });
  expect((await service.get(`/runs/${run.id}`)).body).toEqual(run);

  const answer = await eventually(async () => {
    const runs = await service.get(`/runs?event_id=${failed.id}`);
    expect(runs.body.items).toHaveLength(1);
    return runs;
  });
  expect(answer.body.items[0]).toMatchObject({ outcome: 'dead_letter', error: { code: 'permanent_error' } });
  expect(answer.text).not.toMatch(/\.ts:|node_modules/);
});

it.each(['nothing', '0', '-1', '99999999999999999999', "'; --", 'null'])('answers 404 to the run %s', async (id) => {
  expect((await service.get(`/runs/${encodeURIComponent(id)}`)).status).toBe(404);
});

it.each(['outcome=fine', 'limit=0', 'cursor=zzz', 'event_id[a]=1', 'sort=id;drop'])(
  'answers 422 to /runs?%s',
  async (query) => {
    expect((await service.get(`/runs?${query}`)).status).toBe(422);
  },
);
