import { eventually } from '@reflex/test';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
});
afterAll(() => bed.stop());

interface Letter {
  id: string;
  dead_letter_id: string;
}

/** Sends an event that fails for good, and waits until it is a dead letter. */
async function failing(): Promise<Letter> {
  const { body } = await service.post('/events', { type: 'http', source: 'shop', payload: { fail: true } });
  return eventually(async () => {
    const { events } = (await service.get('/events/dlq')).body as { events: Letter[] };
    const letter = events.find(({ id }) => id === body.id);
    expect(letter).toBeDefined();
    return letter!;
  });
}

it('D29: lists dead letters with error, attempts, time, trigger, reason and history', async () => {
  const { id } = await failing();

  const { status, body } = await service.get('/events/dlq');

  expect(status).toBe(200);
  expect(body).toMatchObject({ count: expect.any(Number) as number, next_cursor: null });
  expect((body.events as Letter[]).find((letter) => letter.id === id)).toEqual({
    id,
    type: 'http',
    source: 'shop',
    timestamp: expect.any(String) as string,
    meta: expect.any(Object) as object,
    payload: { fail: true },
    dead_letter_id: expect.any(String) as string,
    trigger: 'picky',
    scope: null,
    reason: 'permanent',
    error: { code: 'permanent_error', message: 'It is not to be.' },
    attempts: 1,
    history: expect.any(Array) as unknown[],
    cluster: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
    created_at: expect.stringMatching(/Z$/) as string,
  });
});

it('D29: gets one by its own id and by its event’s', async () => {
  const letter = await failing();

  const own = await service.get(`/events/dlq/${letter.dead_letter_id}`);
  const events = await service.get(`/events/dlq/${letter.id}`);

  expect(own).toMatchObject({ status: 200, body: { ...letter, others: [] } });
  expect(events.body).toEqual(own.body);
});

it('D29: filters and pages', async () => {
  await failing();
  await failing();

  const first = (await service.get('/events/dlq?trigger=picky&type=http&limit=1')).body;
  const second = (await service.get(`/events/dlq?limit=1&cursor=${encodeURIComponent(first.next_cursor)}`)).body;

  expect([first.events.length, second.events.length]).toEqual([1, 1]);
  expect(second.events[0].id).not.toBe(first.events[0].id);
  expect((await service.get('/events/dlq?trigger=billing')).body).toMatchObject({ events: [], next_cursor: null });
});

it('retries, which runs it again, and only once when two ask', async () => {
  const { id } = await failing();

  const answers = await Promise.all([
    service.post(`/events/dlq/${id}/retry`, {}),
    service.request('POST', `/events/dlq/${id}/retry`),
  ]);

  expect(answers.map(({ status }) => status)).toContain(200);
  expect(answers.find(({ status }) => status === 200)!.body).toMatchObject({ status: 'retrying', event_id: id });
  // It fails again, so a second attempt is in the history and it is a dead letter once more.
  await eventually(async () => {
    const { items } = (await service.get(`/runs?event_id=${id}`)).body;
    expect(items.length).toBeGreaterThanOrEqual(2);
    expect((await service.get(`/events/dlq/${id}`)).status).toBe(200);
  });
});

it('D29: deletes', async () => {
  const { id, dead_letter_id } = await failing();

  const answer = await service.request('DELETE', `/events/dlq/${dead_letter_id}`);

  expect(answer).toMatchObject({ status: 200, body: { status: 'deleted', deleted: 1 } });
  expect((await service.get(`/events/dlq/${id}`)).status).toBe(404);
  expect((await service.get(`/events/${id}`)).status).toBe(200);
});

it.each(['nothing', '0', "'; drop table dead_letters; --", '99999999999999999999', 'x'.repeat(300)])(
  'answers 404 to the id %.40s, whatever is asked of it',
  async (id) => {
    const path = `/events/dlq/${encodeURIComponent(id)}`;

    const answers = await Promise.all([
      service.get(path),
      service.request('DELETE', path),
      service.request('POST', `${path}/retry`),
    ]);

    for (const { status, body } of answers) expect([status, body.error.code]).toEqual([404, 'not_found']);
  },
);

it.each(['limit=0', 'limit=x', 'cursor=zzz', 'trigger[]=a&trigger[]=b', 'nope=1'])(
  'answers 422 to ?%s',
  async (query) => {
    expect((await service.get(`/events/dlq?${query}`)).status).toBe(422);
  },
);
