import { eventually } from '@reflex/test';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
});
afterAll(() => bed.stop());

const order = (fields: object = {}) => ({ type: 'order.placed', source: 'shop', order_id: '1', total: 5, ...fields });

describe('POST /events', () => {
  it.each([
    ['of the readme', { type: 'http.request', source: 'test', method: 'GET', path: '/test' }],
    ['of the getting-started page', { type: 'http', payload: { message: 'Hello' } }],
  ])('D40: answers 201 to the curl %s', async (_where, event) => {
    const answer = await service.post('/events', event);

    expect(answer).toMatchObject({ status: 201, body: { id: expect.any(String) as string, status: 'published' } });
    expect((await service.get(`/events/${answer.body.id}`)).body).toMatchObject(event);
  });

  it('answers an array with an array, in its order, and stores all of it', async () => {
    const events = Array.from({ length: 500 }, (_value, index) => order({ order_id: `batch-${index}` }));

    const answer = await service.post('/events', events);

    expect(answer.status).toBe(201);
    expect(answer.body).toHaveLength(500);
    expect((await service.get(`/events/${answer.body[499].id}`)).body).toMatchObject({ order_id: 'batch-499' });
  });

  it('stores nothing of an array of which one event is wrong, and says which', async () => {
    const events = [order({ order_id: 'half-1' }), order({ order_id: 'half-2', total: -1 })];

    const answer = await service.post('/events', events);

    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'invalid_event', details: { index: 1 } } } });
    expect(answer.body.error.message).toMatch(/^Event 1 of the array: .*total/);
    const stored = await service.get('/events?type=order.placed&limit=1000');
    expect(stored.body.items).not.toContainEqual(expect.objectContaining({ order_id: 'half-1' }));
  });

  it('D30: answers the first id to the same Idempotency-Key and body, and 409 to another body', async () => {
    const key = { 'idempotency-key': 'order-77' };

    const first = await service.post('/events', order({ order_id: '77' }), key);
    const again = await service.post('/events', order({ order_id: '77' }), key);
    const other = await service.post('/events', order({ order_id: '78' }), key);

    expect([first.status, again.status, other.status]).toEqual([201, 201, 409]);
    expect(again.body.id).toBe(first.body.id);
    expect(other.body.error).toMatchObject({ code: 'idempotency_conflict', details: { first_id: first.body.id } });
  });

  it('D30: stores the same id once, and answers 409 to another body with it', async () => {
    const first = await service.post('/events', order({ id: 'mine-1' }));
    const again = await service.post('/events', order({ id: 'mine-1' }));
    const other = await service.post('/events', order({ id: 'mine-1', total: 6 }));

    expect([first.body.id, again.body.id]).toEqual(['mine-1', 'mine-1']);
    expect([first.status, again.status, other.status]).toEqual([201, 201, 409]);
  });

  it('D1: takes SQL in an id for the text that it is', async () => {
    const id = "a'; drop table events; --";

    const answer = await service.post('/events', order({ id }));

    expect(answer).toMatchObject({ status: 201, body: { id } });
    expect((await service.get(`/events/${encodeURIComponent(id)}`)).body).toMatchObject({ id, order_id: '1' });
    expect((await service.post('/events', order())).status).toBe(201);
  });

  it.each(['', ' ', 'ä', 'x'.repeat(201)])('refuses "%s" as Idempotency-Key', async (key) => {
    const answer = await service.app.inject({
      method: 'POST',
      url: '/events',
      headers: { 'content-type': 'application/json', 'idempotency-key': key, host: '127.0.0.1' },
      payload: JSON.stringify(order()),
    });

    expect([answer.statusCode, answer.json<{ error: { code: string } }>().error.code]).toEqual([
      422,
      'invalid_idempotency_key',
    ]);
  });

  it('shows an event with what became of it', async () => {
    const { body } = await service.post('/events', order({ order_id: '9' }));

    await eventually(async () => {
      expect((await service.get(`/events/${body.id}`)).body).toEqual({
        ...order({ order_id: '9' }),
        id: body.id,
        timestamp: expect.any(String) as string,
        meta: { trace_id: expect.any(String), correlation_id: expect.any(String), causation_id: null, depth: 0 },
        deliveries: expect.arrayContaining([
          {
            trigger: 'billing',
            status: 'completed',
            attempts: 1,
            next_attempt_at: null,
            error: null,
            run_id: expect.stringMatching(/^\d+$/) as string,
          },
        ]) as unknown[],
      });
    });
  });
});

describe('GET /events', () => {
  it('finds by type, source, correlation and time, and pages through all of them once', async () => {
    const meta = { correlation_id: 'search-1' };
    await service.post('/events', [
      order({ source: 'search:a', meta, order_id: 'a' }),
      { type: 'http', source: 'search:a', payload: {}, meta },
      order({ source: 'search:b', meta, order_id: 'b' }),
      order({ source: 'search:c', meta, order_id: 'c' }),
    ]);
    const ids = async (query: string) => {
      const { body } = await service.get(`/events?${query}`);
      return (body.items as { order_id?: string }[]).map((item) => item.order_id ?? 'http');
    };

    expect(await ids('source=search:*&type=order.*')).toEqual(['c', 'b', 'a']);
    expect(await ids('correlation_id=search-1&order=oldest')).toEqual(['a', 'http', 'b', 'c']);
    expect(await ids('source=search:a,search:b&type=order.placed')).toEqual(['b', 'a']);
    expect(await ids('source=search:*&from=1h%20ago&to=1m')).toEqual([]);
    expect(await ids('source=search:*&from=1h')).toHaveLength(4);
    expect(await ids(`source=search:*&to=${new Date(Date.now() + 60_000).toISOString()}`)).toHaveLength(4);

    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await service.get(`/events?correlation_id=search-1&limit=3${cursor}`);
      seen.push(...(body.items as { id: string }[]).map((item) => item.id));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${encodeURIComponent(body.next_cursor as string)}`;
    }
    expect(new Set(seen).size).toBe(4);
    expect(seen).toHaveLength(4);
  });

  it.each([
    ['limit=0', 'invalid_request'],
    ['limit=1001', 'invalid_request'],
    ['limit=1e9', 'invalid_request'],
    ['limit=-1;select', 'invalid_request'],
    ['order=random', 'invalid_request'],
    ['colour=red', 'invalid_request'],
    ['type=', 'invalid_request'],
    ['type[a]=1', 'invalid_request'],
    ['__proto__=1', 'json_forbidden_key'],
    ['from=yesterday', 'invalid_time'],
    ["to='; drop table events; --", 'invalid_time'],
    ['cursor=zzz', 'invalid_cursor'],
    [`cursor=${encodeURIComponent("' or 1=1 --")}`, 'invalid_cursor'],
    ['source=%00', 'json_nul_character'],
    ['correlation_id=%ED%A0%80', undefined],
  ])('answers ?%s with a sentence', async (query, code) => {
    const answer = await service.get(`/events?${query}`);

    if (code === undefined) expect(answer.status).toBeLessThan(500);
    else expect([answer.status, answer.body.error.code]).toEqual([422, code]);
  });

  it('answers 404 in the envelope for an id that is not there', async () => {
    const answer = await service.get('/events/nothing');

    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });

  it('lists the types with their schemas', async () => {
    const { body } = await service.get('/events/types');

    expect(body.next_cursor).toBeNull();
    expect(body.items).toContainEqual({
      type: 'order.placed',
      schema: expect.objectContaining({
        properties: expect.objectContaining({ total: expect.anything() as unknown }) as unknown,
      }) as unknown,
    });
  });
});
