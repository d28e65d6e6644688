import { eventually } from '@reflex/test';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
});
afterAll(() => bed.stop());

/** An event whose handler was interrupted in a call that must not be repeated; answers the ids of event and effect. */
async function interrupted(order: string): Promise<{ event: string; effect: string }> {
  const { body } = await service.post('/events', { type: 'order.paid', source: 'shop', order_id: order });
  return eventually(async () => {
    const { items } = (await service.get(`/effects?status=unknown&event_id=${body.id}`)).body;
    expect(items).toHaveLength(1);
    expect((await service.get(`/events/${body.id}`)).body.deliveries).toMatchObject([{ status: 'parked' }]);
    return { event: body.id as string, effect: items[0].id as string };
  });
}

describe('an effect that nobody knows the end of', () => {
  it('waits for a person; when it happened, the run goes on with the result that is given', async () => {
    const { event, effect } = await interrupted('7');

    const shown = await service.get(`/effects/${effect}`);
    const said = { outcome: 'happened', result: { receipt: 'R7' }, why: 'The bank shows the transfer.' };
    const resolved = await service.post(`/effects/${effect}/resolve`, said);

    expect(shown).toMatchObject({
      status: 200,
      body: { trigger: 'paying', event_id: event, kind: 'tool', name: 'pay', effect: 'unkeyed', input: { order: '7' } },
    });
    expect(resolved).toMatchObject({
      status: 200,
      body: { status: 'done', resolution: { outcome: 'happened', by: 'development', why: said.why } },
    });
    await eventually(async () => {
      const [run] = (await service.get(`/runs?event_id=${event}`)).body.items;
      expect(run).toMatchObject({ outcome: 'completed', attempt: 1, result: { paid: { receipt: 'R7' } } });
    });
    expect((await service.get(`/audit?target=${effect}`)).body.items).toMatchObject([
      {
        action: 'effect.resolve',
        actor: 'development',
        reason: said.why,
        outcome: 'done',
        details: { name: 'pay', trigger: 'paying', event_id: event, outcome: 'happened' },
      },
    ]);
  });

  it('is resolved once, also when two do it at the same time', async () => {
    const { effect } = await interrupted('8');
    const say = (outcome: string) => service.post(`/effects/${effect}/resolve`, { outcome, why: 'I looked.' });

    const answers = await Promise.all([say('did_not_happen'), say('happened'), say('happened')]);

    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409, 409]);
    expect(answers.find(({ status }) => status === 409)!.body.error.code).toBe('not_unknown');
  });

  it.each([
    {},
    { outcome: 'happened' },
    { outcome: 'maybe', why: 'x' },
    { outcome: 'happened', why: '' },
    { outcome: 'happened', why: 'a\u0000b' },
    { outcome: 'happened', why: 'x', status: 'done' },
  ])('is not resolved by %j', async (body) => {
    const { effect } = await interrupted('9');

    expect((await service.post(`/effects/${effect}/resolve`, body)).status).toBe(422);
    expect((await service.get(`/effects/${effect}`)).body.status).toBe('unknown');
  });
});

describe('a dry run of a retry', () => {
  it('tells which effects are reused', async () => {
    const { event, effect } = await interrupted('10');
    await service.post(`/effects/${effect}/resolve`, { outcome: 'did_not_happen', why: 'No transfer.' });
    await eventually(async () => expect((await service.get(`/events/dlq/${event}`)).status).toBe(200));

    const { body } = await service.post(`/events/dlq/${event}/retry?dry_run=true`, {});

    expect(body.items[0].effects).toEqual([
      { effect_id: effect, kind: 'tool', name: 'pay', status: 'failed', then: 'repeated' },
    ]);
  });
});

it('lists by what is asked for, and knows no others', async () => {
  const { effect } = await interrupted('11');

  expect((await service.get('/effects?kind=tool&trigger=paying&limit=1')).body.items[0].id).toBe(effect);
  expect((await service.get('/effects?kind=model')).body).toEqual({ items: [], next_cursor: null });
  expect((await service.get('/effects?status=lost')).status).toBe(422);
  expect((await service.get('/effects/none')).status).toBe(404);
  expect((await service.get('/effects/999999')).status).toBe(404);
});
