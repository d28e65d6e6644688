import { createHmac } from 'node:crypto';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { EventsModule, HttpPayload, HttpRequest, WebSocketMessage } from '@reflex/events';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import { OrderPaid, OrderPlaced } from '../../apps/api/src/testing/test-domain';
import { startTestService, type Answer, type TestService } from '../../apps/api/src/testing/test-service';
import { connect } from './socket';

const BOUND = 20;
const PER_SOURCE = 500;
const SECRET = 'a-secret-of-the-crm-alone';

@Injectable()
class Clerks {
  @OnEvent(HttpPayload, { name: 'narrow', maxWaiting: BOUND, match: { payload: { desk: 'narrow' } } })
  narrow(): void {}

  @OnEvent(HttpPayload, { name: 'laned', maxWaiting: BOUND, match: { payload: { desk: 'laned' } }, scope: 'payload.n' })
  laned(): void {}

  @OnEvent(WebSocketMessage, { name: 'chat', maxWaiting: BOUND })
  chat(): void {}

  @OnEvent(HttpRequest, { name: 'hooks', maxWaiting: BOUND })
  hook(): void {}

  @OnEvent(OrderPlaced, { name: 'wide' })
  wide(): void {}

  /** Adds to `narrow`, full or not. */
  @OnEvent(OrderPaid, { name: 'chain' })
  chain(context: DecisionContext<OrderPaid>): void {
    context.publish(HttpPayload.of({ source: 'chain', payload: { desk: 'narrow' } }));
  }
}

@Module({})
class ClerksModule {}

const domain = (): DynamicModule[] => [
  { module: ClerksModule, imports: [EventsModule.forFeature([OrderPlaced, OrderPaid])], providers: [Clerks] },
];

let database: TestDatabase;
let service: TestService;

beforeEach(async () => {
  database = await freshDatabase();
  service = await startTestService(
    database,
    {
      RATE_LIMIT_REQUESTS: '0',
      EVENT_MAX_WAITING_PER_SOURCE: String(PER_SOURCE),
      WEBHOOK_SECRETS: `crm=${SECRET}`,
    },
    domain(),
  );
});
afterEach(async () => {
  await service.stop();
  await database.drop();
});

const order = (source: string) => ({ type: 'order.placed', source, order_id: '7', total: 3 });
const http = (desk: string, more: object = {}) => ({ type: 'http', source: 'test', payload: { desk }, ...more });
const code = ({ status, body }: Answer): unknown => (status === 201 ? 201 : [status, body.error.code]);

/** So many wait in the trigger, and the service has seen it. */
async function fill(trigger: string, events: object[], refused: object): Promise<Answer> {
  await service.store.setPaused(trigger, true);
  expect((await service.post('/events', events)).status).toBe(201);
  return eventually(async () => {
    const answer = await service.post('/events', refused);
    expect(answer.status).toBe(429);
    return answer;
  });
}

const times = <T>(count: number, one: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => one(n));

async function figure(series: string): Promise<number> {
  const { text } = await service.get('/metrics');
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1),
  );
}

describe('S33: what may wait', () => {
  it('refuses what a full trigger would get, with the time to come back, and lets everything else in', async () => {
    const probe = { ...http('narrow'), source: 'probe' };
    const refused = await fill(
      'narrow',
      times(BOUND, () => http('narrow')),
      probe,
    );

    expect(refused.body.error).toMatchObject({
      code: 'quota_exceeded',
      details: { of: 'trigger', name: 'narrow', retry_after_ms: 5_000 },
    });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(code(await service.post('/events', [order('test'), probe]))).toEqual([429, 'quota_exceeded']);
    const cloud = { 'content-type': 'application/cloudevents+json' };
    const { type, source, payload } = probe;
    const cloudEvent = { specversion: '1.0', id: 'c1', type, source, data: { payload } };
    expect(code(await service.post('/events', cloudEvent, cloud))).toEqual([429, 'quota_exceeded']);
    expect(code(await service.post('/events', http('other')))).toBe(201);
    expect(code(await service.post('/events', order('test')))).toBe(201);
    expect((await service.get('/events?type=order.placed')).body.items).toHaveLength(1);
    expect(await figure('reflex_trigger_waiting{trigger="narrow"}')).toBeGreaterThanOrEqual(BOUND);
    expect(await figure('reflex_quota_refusals_total{of="trigger"}')).toBeGreaterThanOrEqual(3);

    await service.store.setPaused('narrow', false);
    await eventually(async () => expect(code(await service.post('/events', probe))).toBe(201));
  });

  it('lets a chain go on that has begun', async () => {
    await fill(
      'narrow',
      times(BOUND, () => http('narrow')),
      http('narrow'),
    );

    await service.post('/events', { type: 'order.paid', source: 'test', order_id: '7' });

    await eventually(async () => {
      const { body } = await service.get('/events?source=chain');
      expect(body.items).toHaveLength(1);
    });
  });

  it('counts what waits behind the head of a scope, and what waits until its time', async () => {
    const scopes = times(BOUND + 1, (n) => http('laned', { payload: { desk: 'laned', n: n % 2 } }));
    await fill('laned', scopes, http('laned', { payload: { desk: 'laned', n: 1 } }));
    const later = times(BOUND, () => http('narrow', { delay: '1h' }));

    const refused = await fill('narrow', later, http('narrow'));

    expect(refused.body.error.details.name).toBe('narrow');
  });

  it('tells a sender of webhooks the same', async () => {
    const hook = { type: 'http.request', source: 'test', method: 'POST', path: '/' };
    await fill(
      'hooks',
      times(BOUND, () => hook),
      hook,
    );
    const time = String(Math.floor(Date.now() / 1_000));
    const signature = createHmac('sha256', SECRET).update(`${time}.{}`).digest('hex');

    const headers = { 'x-timestamp': time, 'x-signature': `sha256=${signature}` };
    const refused = await service.post('/webhooks/crm', {}, headers);

    expect(code(refused)).toEqual([429, 'quota_exceeded']);
    expect(refused.headers.get('retry-after')).toBe('5');
  });

  it('tells a WebSocket client the same', async () => {
    const socket = connect(service.url);
    await socket.opened;
    await service.store.setPaused('chat', true);

    for (let n = 0; n < BOUND; n += 1) socket.send({ content: `${n}` });
    await eventually(() => expect(socket.frames.filter((frame) => 'ack' in frame)).toHaveLength(BOUND));
    const refusal = await eventually(() => {
      socket.send({ content: 'one more' });
      const frame = socket.frames.find((one) => 'error' in one);
      expect(frame).toBeDefined();
      return frame!;
    });

    expect(refusal).toMatchObject({ details: { code: 'quota_exceeded', details: { retry_after_ms: 5_000 } } });
    socket.raw.close();
  });

  it('refuses a source that has too much waiting, and no other', async () => {
    await fill(
      'wide',
      times(PER_SOURCE, () => order('noisy')),
      order('noisy'),
    );

    expect(code(await service.post('/events', order('quiet')))).toBe(201);
    expect(code(await service.post('/events', { ...http('other'), source: 'noisy' }))).toEqual([429, 'quota_exceeded']);
    expect(await figure('reflex_quota_refusals_total{of="source"}')).toBeGreaterThanOrEqual(2);

    await service.store.setPaused('wide', false);
    await eventually(async () => expect(code(await service.post('/events', order('noisy')))).toBe(201));
  });
});
