import { eventually } from '@reflex/test';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
});
afterAll(() => bed.stop());
afterEach(async () => {
  await service.post('/events/dlq/purge', { filter: {}, expected: (await service.get('/events/dlq')).body.count });
});

interface Letter {
  id: string;
  dead_letter_id: string;
  cluster: string;
  payload: Record<string, unknown>;
}

/** Sends events that fail for good, and waits until they are dead letters; newest first. */
async function failing(count: number, fields: object = {}): Promise<Letter[]> {
  const event = { type: 'http', source: 'shop', payload: { fail: true, ...fields } };
  const answer = await service.post(
    '/events',
    Array.from({ length: count }, () => event),
  );
  const ids = (answer.body as Letter[]).map(({ id }) => id);
  return eventually(async () => {
    const { events } = (await service.get('/events/dlq?limit=1000')).body as { events: Letter[] };
    const letters = events.filter(({ id }) => ids.includes(id));
    expect(letters).toHaveLength(count);
    return letters;
  });
}

const json = (method: string, path: string, body: unknown) =>
  service.request(method, path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

async function lastAction(): Promise<unknown> {
  return (await service.get('/audit?limit=1')).body.items[0];
}

describe('PATCH /events/dlq/:id', () => {
  it('corrects the payload, keeps the one before, and a retry gets the new one', async () => {
    const [letter] = await failing(1);
    const path = `/events/dlq/${letter!.id}`;

    const edited = await json('PATCH', path, { payload: { payload: { fail: false } }, reason: 'Typo.' });
    await service.post(`${path}/retry`, {});

    expect(edited).toMatchObject({
      status: 200,
      body: {
        id: letter!.id,
        payload: { fail: false },
        history: [
          { outcome: 'dead_letter' },
          { outcome: 'edited', by: 'development', payload: { payload: { fail: true } } },
        ],
      },
    });
    await eventually(async () => {
      const [run] = (await service.get(`/runs?event_id=${letter!.id}`)).body.items;
      expect(run).toMatchObject({ outcome: 'completed', result: { seen: { fail: false } } });
    });
    expect((await service.get(`/events/${letter!.id}`)).body.payload).toEqual({ fail: true });
    expect((await service.get('/audit?action=dead_letter.edit')).body.items[0]).toMatchObject({
      actor: 'development',
      target: letter!.dead_letter_id,
      reason: 'Typo.',
      outcome: 'done',
      details: { event_id: letter!.id },
    });
  });

  it.each([
    [{ payload: { nope: 1 } }, 'invalid_event'],
    [{ payload: {} }, 'invalid_event'],
    [{ payload: { payload: {}, id: 'x' } }, 'invalid_event'],
    [{ payload: { payload: {}, meta: { depth: 1 } } }, 'invalid_event'],
    [{ payload: [] }, 'invalid_request'],
    [{ payload: null }, 'invalid_request'],
    [{}, 'invalid_request'],
    [{ payload: { payload: {} }, type: 'order.placed' }, 'invalid_request'],
  ])('answers 422 to %j and changes nothing', async (body, code) => {
    const [letter] = await failing(1);

    const answer = await json('PATCH', `/events/dlq/${letter!.id}`, body);

    expect([answer.status, answer.body.error.code]).toEqual([422, code]);
    expect((await service.get(`/events/dlq/${letter!.id}`)).body.payload).toEqual({ fail: true });
  });

  it('answers 404 to an id that is none', async () => {
    expect((await json('PATCH', '/events/dlq/nothing', { payload: { payload: {} } })).status).toBe(404);
  });
});

describe('POST /events/dlq/:id/retry?dry_run=true', () => {
  it('tells what would happen and does nothing', async () => {
    const [letter] = await failing(1);
    const { count: runs } = { count: (await service.get(`/runs?event_id=${letter!.id}`)).body.items.length as number };

    const answer = await service.post(`/events/dlq/${letter!.id}/retry?dry_run=true`, {});

    expect(answer).toMatchObject({
      status: 200,
      body: {
        dry_run: true,
        items: [
          {
            dead_letter_id: letter!.dead_letter_id,
            trigger: 'picky',
            attempt: 1,
            edited: false,
            readable: true,
            problem: null,
            verdict: 'fires',
            explanation: { type: { pass: true }, happened: { status: 'dead_letter' } },
          },
        ],
      },
    });
    expect((await service.get(`/events/dlq/${letter!.id}`)).status).toBe(200);
    expect((await service.get(`/runs?event_id=${letter!.id}`)).body.items).toHaveLength(runs);
    expect((await service.post(`/events/dlq/${letter!.id}/retry?dry_run=maybe`, {})).status).toBe(422);
  });
});

describe('GET /events/dlq/clusters', () => {
  it('groups by trigger and error, and a cluster is a filter of the list', async () => {
    await failing(3);

    const { status, body } = await service.get('/events/dlq/clusters?trigger=picky');

    expect(status).toBe(200);
    expect(body).toEqual({
      items: [
        {
          cluster: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
          trigger: 'picky',
          shape: 'permanent_error: It is not to be.',
          count: 3,
          first_at: expect.any(String) as string,
          last_at: expect.any(String) as string,
          sample: { dead_letter_id: expect.any(String) as string, message: 'It is not to be.' },
        },
      ],
      next_cursor: null,
    });
    expect((await service.get(`/events/dlq?cluster=${body.items[0].cluster}`)).body).toMatchObject({ count: 3 });
    expect((await service.get('/events/dlq?cluster=000000000000')).body).toMatchObject({ count: 0 });
  });

  it.each(['cluster=x', 'reason=none', 'from=yesterday', 'text=', 'limit=3'])('answers 422 to ?%s', async (query) => {
    expect((await service.get(`/events/dlq/clusters?${query}`)).status).toBe(422);
  });
});

describe('POST /events/dlq/retry', () => {
  it('retries many in the background, tells how far it is, and leaves an audit row', async () => {
    const letters = await failing(12, { many: true });
    for (const { id } of letters) await json('PATCH', `/events/dlq/${id}`, { payload: { payload: { fixed: true } } });

    const begun = await service.post('/events/dlq/retry', {
      filter: { trigger: 'picky', text: 'fixed' },
      rate_per_second: 500,
      reason: 'Fixed.',
    });

    expect(begun).toMatchObject({
      status: 202,
      body: {
        id: expect.any(String) as string,
        kind: 'dead_letters.retry',
        status: 'running',
        total: 12,
        request: {
          filter: { trigger: 'picky', text: 'fixed' },
          limit: null,
          rate_per_second: 500,
          stop_on_failure: true,
        },
      },
    });
    const operation = await eventually(async () => {
      const { body } = await service.get(`/operations/${begun.body.id}`);
      expect(body.status).toBe('done');
      return body as object;
    });
    expect(operation).toMatchObject({
      done: 12,
      succeeded: 12,
      failed: 0,
      waiting: 0,
      ended_at: expect.any(String) as string,
    });
    expect((await service.get('/events/dlq')).body.count).toBe(0);
    expect((await service.get('/operations')).body.items[0]).toEqual(operation);
    expect(await lastAction()).toMatchObject({
      action: 'dead_letter.retry_many',
      target: 'picky',
      reason: 'Fixed.',
      outcome: 'done',
      details: { operation: begun.body.id as string, total: 12, stop_on_failure: true },
    });
  });

  it('stops at the first that gives up again', async () => {
    await failing(10);

    const { body } = await service.post('/events/dlq/retry', { filter: {}, rate_per_second: 500 });

    await eventually(async () => {
      const operation = (await service.get(`/operations/${body.id}`)).body;
      expect(operation).toMatchObject({ status: 'stopped', done: 1, failed: 1, reason: expect.any(String) as string });
    });
    expect((await service.get('/events/dlq')).body.count).toBe(10);
  });

  it('is stopped by DELETE', async () => {
    await failing(5);
    const { body } = await service.post('/events/dlq/retry', {
      filter: {},
      rate_per_second: 0.1,
      stop_on_failure: false,
    });

    const stopped = await service.request('DELETE', `/operations/${body.id}`);

    expect(stopped).toMatchObject({ status: 200, body: { status: 'stopped', reason: 'Stopped by development.' } });
    expect(stopped.body.done).toBeLessThanOrEqual(1);
    expect(await lastAction()).toMatchObject({ action: 'operation.stop', target: body.id as string });
    expect((await service.request('DELETE', '/operations/nothing')).status).toBe(404);
    expect((await service.get('/operations/nothing')).status).toBe(404);
  });

  it.each([
    {},
    { filter: null },
    { filter: 'all' },
    { filter: [] },
    { filter: { nope: 1 } },
    { filter: {}, limit: 0 },
    { filter: {}, rate_per_second: 0 },
    { filter: {}, rate_per_second: 1e9 },
    { filter: {}, stop_on_failure: 'yes' },
    { filter: { from: 'yesterday' } },
  ])('answers 422 to %j', async (body) => {
    expect((await service.post('/events/dlq/retry', body)).status).toBe(422);
  });
});

describe('POST /events/dlq/purge', () => {
  it('deletes when there are as many as expected, and otherwise says how many there are', async () => {
    await failing(2, { kind: 'old' });
    await failing(1, { kind: 'new' });

    const wrong = await service.post('/events/dlq/purge', { filter: { text: 'old' }, expected: 3 });
    const failed = await lastAction();
    const right = await service.post('/events/dlq/purge', { filter: { text: 'old' }, expected: 2, reason: 'Spam.' });

    expect(wrong).toMatchObject({
      status: 409,
      body: { error: { code: 'unexpected_count', details: { found: 2, expected: 3 } } },
    });
    expect(failed).toMatchObject({ action: 'dead_letter.purge', outcome: 'failed' });
    expect(right).toMatchObject({ status: 200, body: { status: 'deleted', deleted: 2 } });
    expect(await lastAction()).toMatchObject({ outcome: 'done', reason: 'Spam.', details: { deleted: 2 } });
    expect((await service.get('/events/dlq')).body.count).toBe(1);
    expect((await service.post('/events/dlq/purge', { filter: {} })).status).toBe(422);
  });
});

describe('GET /events/dlq/export', () => {
  it('streams one JSON object a line, also more than a page of them', async () => {
    const letters = await failing(450);

    const { status, headers, text } = await service.get('/events/dlq/export?trigger=picky');

    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(headers.get('content-disposition')).toContain('dead-letters.jsonl');
    expect(text.endsWith('}\n')).toBe(true);
    const exported = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Letter);
    expect(new Set(exported.map(({ id }) => id))).toEqual(new Set(letters.map(({ id }) => id)));
    expect(exported[0]).toEqual(letters[0]);
    expect(await lastAction()).toMatchObject({ action: 'dead_letter.export', target: 'picky' });
    expect((await service.get('/events/dlq/export?trigger=nobody')).text).toBe('');
  });
});
