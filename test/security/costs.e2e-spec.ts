import { guardedService, type GuardedService } from './guarded-service';
import { connect } from './socket';
import { eventually } from '@reflex/test';

const REQUESTS = 200;

let bed: GuardedService;
let key: string;

beforeAll(async () => {
  bed = await guardedService({
    RATE_LIMIT_REQUESTS: String(REQUESTS),
    RATE_LIMIT_WINDOW: '3600',
    WS_RATE_LIMIT: '10',
    WS_RATE_LIMIT_PER_KEY: '15',
  });
  key = await bed.keyFor('admin');
});
afterAll(() => bed.stop());

const refusal = async (url: string, body: object): Promise<[status: number, code: string]> => {
  const answer = await bed.inject('POST', url, { key, payload: JSON.stringify(body) });
  return [answer.status, String(answer.body.error?.code)];
};

describe('S33: what costs much', () => {
  it.each([
    ['every second', { every: '1s' }],
    ['every 9 s', { every: '9s' }],
    ['every second of cron', { cron: '* * * * * *' }],
    ['every 5 s of cron', { cron: '*/5 * * * * *' }],
  ])('a timer of a client does not tick %s', async (_what, rhythm) => {
    expect(await refusal('/timers', { name: 'quick', ...rhythm })).toEqual([422, 'invalid_timer']);
  });

  it('a timer of a client ticks every 10 s at most', async () => {
    const made = await bed.inject('POST', '/timers', { key, payload: '{"name":"steady","every":"10s"}' });

    expect(made.status).toBe(201);
  });

  it('one request holds 500 events and no more, one answer 100 of them or as many as are allowed', async () => {
    const events = Array.from({ length: 501 }, () => ({ type: 'http', payload: {} }));

    expect((await bed.inject('POST', '/events', { key, payload: JSON.stringify(events.slice(1)) })).status).toBe(201);
    expect(await refusal('/events', events)).toEqual([422, 'wrong_batch_size']);
    expect((await bed.inject('GET', '/events?limit=100000', { key })).status).toBe(422);
  });

  it('a client of sockets is told to slow down, over all of its connections together', async () => {
    const sockets = [connect(bed.service.url, { key }), connect(bed.service.url, { key })];
    await Promise.all(sockets.map(({ opened }) => opened));

    for (const { send } of sockets) for (let n = 0; n < 18; n += 1) send({ content: `${n}` });

    const frames = () => sockets.flatMap((socket) => socket.frames);
    await eventually(() => expect(frames().filter((frame) => 'ack' in frame || 'details' in frame)).toHaveLength(36));
    const refused = frames().filter((frame) => JSON.stringify(frame).includes('rate_limited'));
    expect(refused.length).toBeGreaterThanOrEqual(4);
    expect(refused.length).toBeLessThan(20);
    for (const { raw } of sockets) raw.close();
  });

  it('a client that asks too often gets 429 with the time to wait, whatever it asks for', async () => {
    const answers = [];
    for (let n = 0; n < REQUESTS + 5; n += 1) answers.push(await bed.inject('GET', '/events/types', { key }));

    const last = answers.at(-1)!;
    expect([last.status, last.body.error.code]).toEqual([429, 'rate_limited']);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(1);
    for (const [method, url] of [
      ['POST', '/events'],
      ['POST', '/timers'],
      ['GET', '/runs'],
    ] as const) {
      expect((await bed.inject(method, url, { key, payload: method === 'POST' ? '{}' : undefined })).status).toBe(429);
    }
  });
});
