import { eventually } from '@reflex/test';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
  for (const total of [1, 5, 9])
    await service.post('/events', { type: 'order.placed', source: 'shop', order_id: '1', total });
  await eventually(async () => expect((await service.get('/runs?trigger=error-threshold')).body.items).toHaveLength(3));
});
afterAll(() => bed.stop());

const lastHour = { trigger: 'error-threshold', from: '1h ago' };

describe('POST /backtests', () => {
  it('compares other values with what was', async () => {
    const same = await service.post('/backtests', lastHour);
    const other = await service.post('/backtests', { ...lastHour, set: { threshold: 4 } });

    expect(same).toMatchObject({ status: 200, body: { events: 3, would_fire: 1, did_fire: 1, differ: 0 } });
    expect(other.body).toMatchObject({
      params: { threshold: 4 },
      changed: { threshold: 8 },
      would_fire: 2,
      did_fire: 1,
      differences: [
        {
          change: 'new',
          event: { type: 'order.placed', source: 'shop' },
          scope: null,
          timer: false,
          reason: expect.stringMatching(/^was filtered: field total/) as string,
          run: expect.any(String) as string,
        },
      ],
    });
  });

  it('answers line by line when asked to', async () => {
    const answer = await service.post('/backtests', lastHour, { accept: 'application/x-ndjson' });

    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const lines = answer.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines[0]).toEqual({ progress: { done: 0, total: 3 } });
    expect(lines.at(-1)).toMatchObject({ result: { trigger: 'error-threshold', would_fire: 1 } });
  });

  it.each([
    [{}, 422, 'invalid_request'],
    [{ ...lastHour, trigger: 'nobody' }, 404, 'unknown_trigger'],
    [{ ...lastHour, from: 'then' }, 422, 'invalid_time'],
    [{ ...lastHour, set: { speed: 1 } }, 422, 'invalid_parameter'],
    [{ ...lastHour, set: { threshold: [] } }, 422, 'invalid_parameter'],
    [{ ...lastHour, warm_up: 'long' }, 422, 'invalid_duration'],
    [{ ...lastHour, force: true }, 422, 'invalid_request'],
  ])('refuses %j', async (body, status, code) => {
    const answer = await service.post('/backtests', body);

    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
});
