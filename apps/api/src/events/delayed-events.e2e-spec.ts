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
const deliveryOf = async (id: string) =>
  (await service.get(`/events/${id}`)).body.deliveries.find(
    ({ trigger }: { trigger: string }) => trigger === 'billing',
  );

describe('POST /events hands out later', () => {
  it.each([
    ['delay', { delay: '1h' }],
    ['deliver_at', { deliver_at: new Date(Date.now() + 3_600_000).toISOString() }],
  ])('with %s, which is not stored with the event', async (field, when) => {
    const { status, body } = await service.post('/events', order(when));

    expect(status).toBe(201);
    expect((await service.get(`/events/${body.id}`)).body).not.toHaveProperty(field);
    const { status: state, next_attempt_at: dueAt } = await deliveryOf(body.id);
    expect(state).toBe('pending');
    expect(Math.abs(Date.parse(dueAt) - Date.now() - 3_600_000)).toBeLessThan(60_000);
  });

  it('what then runs once', async () => {
    const { body } = await service.post('/events', [order({ delay: '400ms' }), order()]);

    await eventually(async () => expect((await deliveryOf(body[1].id)).status).toBe('completed'));
    expect((await deliveryOf(body[0].id)).status).toBe('pending');
    await eventually(async () => expect((await deliveryOf(body[0].id)).status).toBe('completed'));

    expect((await service.get(`/runs?event_id=${body[0].id}&trigger=billing`)).body.items).toHaveLength(1);
  });

  it.each([
    [{ delay: 'soon' }, 'invalid_event', /delay must be a number and a unit/],
    [{ delay: '1hxyz' }, 'invalid_event', /delay must be/],
    [{ delay: 5 }, 'invalid_event', /delay must be/],
    [{ deliver_at: 'tomorrow' }, 'invalid_event', /deliver_at must be an ISO 8601 instant/],
    [{ deliver_at: '2026-02-01' }, 'invalid_event', /deliver_at must be/],
    [{ delay: '400d' }, 'invalid_delay', /at most a year/],
    [{ deliver_at: '2999-01-01T00:00:00Z' }, 'invalid_delay', /at most a year/],
    [{ delay: '1s', deliver_at: '2026-01-01T00:00:00Z' }, 'invalid_delay', /one of them/],
  ])('but not with %j', async (when, code, sentence) => {
    const { status, body } = await service.post('/events', order(when));

    expect([status, body.error.code]).toEqual([422, code]);
    expect(body.error.message).toMatch(sentence);
  });
});
