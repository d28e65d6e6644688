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

describe('POST /events/replay', () => {
  it('tells what would be delivered, and delivers it again to the named trigger when asked', async () => {
    const { body } = await service.post('/events', order({ source: 'replay', order_id: 'again' }));
    await eventually(async () => expect((await runsOf(body.id as string)).length).toBe(1));

    const range = { from: '1h ago', to: '0s', types: ['order.placed'] };
    const dry = await service.post('/events/replay', { ...range, mode: 'dry_run' });
    expect(dry).toMatchObject({
      status: 200,
      body: { mode: 'dry_run', deliveries: { billing: expect.any(Number) as number } },
    });
    expect(await runsOf(body.id as string)).toHaveLength(1);

    const real = await service.post('/events/replay', { ...range, triggers: ['billing'], mode: 'execute' });
    expect(real).toMatchObject({
      status: 202,
      body: {
        kind: 'events.replay',
        status: 'running',
        request: { types: ['order.placed'], triggers: ['billing'], rate_per_second: 50, stop_on_failure: true },
        total: dry.body.deliveries.billing as number,
      },
    });
    await eventually(async () => expect((await runsOf(body.id as string)).length).toBe(2));
    const done = await eventually(async () => {
      const operation = await service.get(`/operations/${real.body.id as string}`);
      expect(operation.body.status).toBe('done');
      return operation;
    });
    expect(done.body).toMatchObject({
      done: real.body.total as number,
      failed: 0,
      ended_at: expect.any(String) as string,
    });
  });

  it.each([
    [{}, 'invalid_request'],
    [{ from: '1h', to: '0s', mode: 'now' }, 'invalid_request'],
    [{ from: '1h', to: '0s', mode: 'dry_run', force: true }, 'invalid_request'],
    [{ from: 'then', to: '0s', mode: 'dry_run' }, 'invalid_time'],
    [{ from: 7, to: '0s', mode: 'dry_run' }, 'invalid_request'],
    [[], 'invalid_request'],
  ])('refuses %j', async (body, code) => {
    const answer = await service.post('/events/replay', body);

    expect([answer.status, answer.body.error.code]).toEqual([422, code]);
  });

  it('tells in a dry run what each trigger would make of each event', async () => {
    for (const total of [3, 9]) await service.post('/events', order({ source: 'dry', total }));
    await eventually(async () => expect((await service.store.stats()).pending).toBe(0));
    const range = { from: '1h ago', to: '0s', types: ['order.placed'], mode: 'dry_run' };
    const runs = async () => (await service.get('/runs?limit=1000')).body.items.length as number;
    const before = await runs();

    const { body } = await service.post('/events/replay', range);
    const short = await service.post('/events/replay', { ...range, limit: 1 });

    const decisions = body.items.at(-2).decisions as { trigger: string; verdict: string }[];
    expect(Object.fromEntries(decisions.map(({ trigger, verdict }) => [trigger, verdict]))).toEqual({
      billing: 'fires',
      'error-threshold': 'filtered',
    });
    expect(body.items.at(-2).decisions).toContainEqual(
      expect.objectContaining({
        reason: expect.stringMatching(/^field total/) as string,
        filter: expect.any(Object) as object,
      }),
    );
    expect(body.fires).toEqual({ billing: body.deliveries.billing as number, 'error-threshold': 1 });
    expect(short.body).toMatchObject({ items: [expect.anything()], verdicts: body.verdicts as object });
    expect(await runs()).toBe(before);
  });

  it('goes at its pace until it is stopped', async () => {
    for (let n = 0; n < 5; n += 1) await service.post('/events', order({ source: 'slow', order_id: String(n) }));
    await eventually(async () => expect((await service.store.stats()).pending).toBe(0));
    const range = { from: '1h ago', to: '0s', types: ['order.placed'], triggers: ['billing'] };

    const begun = await service.post('/events/replay', { ...range, mode: 'execute', rate_per_second: 0.1 });
    const stopped = await service.request('DELETE', `/operations/${begun.body.id as string}`);

    expect(begun.body.total).toBeGreaterThan(2);
    expect(stopped).toMatchObject({ status: 200, body: { status: 'stopped', reason: expect.any(String) as string } });
    expect(stopped.body.done).toBeLessThan(2);
  });

  it('refuses to execute without naming triggers, and names that do not exist', async () => {
    const range = { from: '1h', to: '0s', mode: 'execute' };

    const unnamed = await service.post('/events/replay', range);
    const unknown = await service.post('/events/replay', { ...range, triggers: ['nobody'] });

    expect([unnamed.status, unnamed.body.error.code]).toEqual([422, 'invalid_request']);
    expect([unknown.status, unknown.body.error.code]).toEqual([404, 'unknown_trigger']);
  });
});

async function runsOf(eventId: string): Promise<unknown[]> {
  return (await service.get(`/runs?trigger=billing&event_id=${eventId}`)).body.items as unknown[];
}
