import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { PermanentError } from '@reflex/core';
import { openPostgresStore } from '@reflex/event-store';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { eventually, freshDatabase, startProcess, type TestDatabase, type TestProcess } from '@reflex/test';
import { type DecisionContext, OnEvent, quietFor } from '@reflex/triggers';
import { IsInt, IsString } from 'class-validator';
import { Client } from 'pg';
import { runningService, type RunningService } from './driver/running-service';
import { LaneStep } from './processes/lane-step';

// What the system that this one was modelled on got wrong, in real processes. Most of its defects have their test beside the
// code that must not repeat them; defect-titles.spec.ts sees to it that each has one.

type Store = Awaited<ReturnType<typeof openPostgresStore>>;

interface Visit {
  lane: string;
  n: number;
  pid: number;
}

describe('two worker processes', () => {
  const LANES = ['a', 'b', 'c', 'd', 'e', 'f'];
  const STEPS = 60;
  let database: TestDatabase;
  let store: Store;
  let workers: TestProcess[];

  beforeEach(async () => {
    database = await freshDatabase();
    store = await openPostgresStore({ url: database.url, poolSize: 2 });
    await store.dataSource.query('create table rooms (lane text primary key)');
    await store.dataSource.query('create table collisions (lane text, n int)');
    await store.dataSource.query('create table visits (seq bigserial, lane text, n int, pid int)');
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.kill('SIGKILL')));
    await store.close();
    await database.drop();
  });

  async function walk(lanes: string[], ...scope: string[]): Promise<{ collisions: number; visits: Visit[] }> {
    workers = [1, 2].map(() => startProcess('test/e2e/processes/lane-worker.ts', { args: [database.url, ...scope] }));
    await Promise.all(workers.map((worker) => worker.line(/^ready$/)));
    for (let n = 1; n <= STEPS; n += 1) await store.publish(lanes.map((lane) => LaneStep.of({ lane, n })));

    return eventually(
      async () => {
        const visits = await store.dataSource.query('select lane, n, pid from visits order by seq');
        expect(visits).toHaveLength(lanes.length * STEPS);
        const [{ count }] = await store.dataSource.query('select count(*)::int from collisions');
        return { collisions: count, visits };
      },
      { timeoutMs: 30_000 },
    );
  }

  it('D2: never work on one scope at once, and keep its order', async () => {
    const { collisions, visits } = await walk(LANES, 'lane');

    expect(collisions).toBe(0);
    const pairs = new Set(visits.map(({ lane, pid }) => `${lane} ${pid}`));
    expect(pairs.size).toBeGreaterThan(LANES.length);
    for (const lane of LANES) {
      const order = visits.filter((visit) => visit.lane === lane).map(({ n }) => n);
      expect(order).toEqual(Array.from({ length: STEPS }, (_, index) => index + 1));
    }
  });

  it('do so where no scope is asked for, which shows that the rooms tell', async () => {
    const { collisions } = await walk(['a']);

    expect(collisions).toBeGreaterThan(0);
  });
});

@EventType('order.placed')
class OrderPlaced extends BaseEvent {
  @IsInt()
  total!: number;
}

/** Of another version of the application: the service under test does not know it. */
@EventType('order.refunded')
class OrderRefunded extends BaseEvent {
  @IsString()
  why!: string;
}

@EventType('desk.rung')
class DeskRung extends BaseEvent {}

let bankIsUp = false;

@Injectable()
class ShopTriggers {
  @OnEvent('order.*', { name: 'ledger', scope: '*' })
  ledger({ event }: DecisionContext): number {
    return (event as OrderPlaced).total;
  }

  @OnEvent(OrderPlaced, { name: 'bank' })
  bank({ event }: DecisionContext<OrderPlaced>): string {
    if (!bankIsUp && event.total > 100) throw new PermanentError('The bank is closed. Retry tomorrow.');
    return 'booked';
  }

  @OnEvent(DeskRung, { name: 'porter', when: quietFor('30ms') })
  porter(context: DecisionContext<DeskRung>): number {
    return context.events.length;
  }
}

@Module({})
class ShopModule {}

function shop(): DynamicModule[] {
  const imports = [EventsModule.forFeature([OrderPlaced, DeskRung])];
  return [{ module: ShopModule, imports, providers: [ShopTriggers] }];
}

describe('the running service', () => {
  let database: TestDatabase;
  let service: RunningService;

  beforeEach(async () => {
    bankIsUp = false;
    database = await freshDatabase();
    service = await runningService(database.url, { domain: shop() });
  });
  afterEach(async () => {
    await service.stop();
    await database.drop();
  });

  const deliveriesOf = async (id: string) => (await service.api.get(`/events/${id}`)).body.deliveries as object[];

  it('D10: sets an event aside that it cannot read, and neither work nor lists stop', async () => {
    const published = await service.store.publish([
      OrderPlaced.of({ total: 1 }),
      OrderRefunded.of({ why: 'too small' }),
      OrderPlaced.of({ total: 2 }),
    ]);

    await eventually(async () => {
      const { body: runs } = await service.api.get('/runs?trigger=ledger&outcome=completed');
      expect(runs.items.map(({ result }: { result: number }) => result)).toEqual([2, 1]);
    });
    expect(await deliveriesOf(published[1]!.id)).toMatchObject([{ trigger: 'ledger', status: 'dead_letter' }]);
    const letters = await service.api.get('/events/dlq');
    expect(letters).toMatchObject({ status: 200, body: { count: 1, events: [{ reason: 'undecodable' }] } });
    const ids = (await service.api.all<{ id: string }>('/events?type=order.*')).map(({ id }) => id);
    expect(ids).toEqual(published.map(({ id }) => id).toReversed());
    const replay = await service.api.post('/events/replay', { from: '1h ago', to: '0s ago', mode: 'dry_run' });
    expect(replay).toMatchObject({ status: 200, body: { mode: 'dry_run' } });
  });

  it('D29: shows a dead letter with its error, attempts and times; retries and deletes it by request', async () => {
    const orders = [101, 102].map((total) => ({ type: 'order.placed', source: 'shop', total }));
    const [first, second] = (await service.api.post('/events', orders)).body as { id: string }[];

    const letters = await eventually(async () => {
      const { body } = await service.api.get('/events/dlq?trigger=bank&type=order.placed');
      expect(body.count).toBe(2);
      return body.events as Record<string, unknown>[];
    });

    expect(letters.find(({ id }) => id === first!.id)).toMatchObject({
      ...orders[0],
      trigger: 'bank',
      reason: 'permanent',
      attempts: 1,
      error: { code: 'permanent_error', message: 'The bank is closed. Retry tomorrow.' },
      history: [{ attempt: 1, outcome: 'dead_letter' }],
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    });
    bankIsUp = true;
    expect((await service.api.post(`/events/dlq/${first!.id}/retry`, {})).body).toMatchObject({ retried: 1 });
    expect((await service.api.send('DELETE', `/events/dlq/${second!.id}`)).body).toMatchObject({ deleted: 1 });
    await eventually(async () =>
      expect(await deliveriesOf(first!.id)).toContainEqual(
        expect.objectContaining({ trigger: 'bank', status: 'completed' }),
      ),
    );
    expect((await service.api.get('/events/dlq')).body).toMatchObject({ count: 0, events: [] });
    expect((await service.api.get(`/events/dlq/${second!.id}`)).status).toBe(404);
  });

  it('D34: tells when it starts and stops, and wakes a trigger when its time has come', async () => {
    for (let rings = 0; rings < 3; rings += 1)
      await service.api.post('/events', { type: 'desk.rung', source: 'lobby' });

    await eventually(async () => {
      const { body } = await service.api.get('/runs?trigger=porter&outcome=completed');
      const answered = body.items.map(({ result }: { result: number }) => result) as number[];
      expect(answered.reduce((sum, one) => sum + one, 0)).toBe(3);
    });
    const { body: ticks } = await service.api.get('/events?type=timer.tick');
    expect(ticks.items[0]).toMatchObject({ source: 'timer:context', timer_name: 'context:porter' });
    await service.stop();

    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(
      `select payload->>'action' as action from reflex.events where type = 'lifecycle' order by seq`,
    );
    await client.end();
    expect(rows.map(({ action }) => action as string)).toEqual(['started', 'stopped']);
  });
});

describe('the health of the service', () => {
  let database: TestDatabase;
  beforeEach(async () => void (database = await freshDatabase()));
  afterEach(() => database.drop());

  it('D33: is bad while nobody works, although requests are answered', async () => {
    const service = await runningService(database.url, { domain: shop(), variables: { ROLE: 'api' } });
    try {
      const [detailed, alive, published] = await Promise.all([
        service.api.get('/health/detailed'),
        service.api.get('/health'),
        service.api.post('/events', { type: 'order.placed', source: 'shop', total: 1 }),
      ]);

      expect([alive.status, published.status]).toEqual([200, 201]);
      expect(detailed).toMatchObject({ status: 503, body: { error: { code: 'unhealthy' } } });
      expect(detailed.body.error.details.indicators.workers).toMatchObject({ status: 'down', live: 0 });
    } finally {
      await service.stop();
    }
  });
});
