import { Injectable, Module } from '@nestjs/common';
import { EventStore } from '@reflex/event-store';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import { IsInt } from 'class-validator';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { report } from './form';

@EventType('loop.ping')
class Ping extends BaseEvent {}

@EventType('loop.pong')
class Pong extends BaseEvent {}

@EventType('loop.flood')
class Flood extends BaseEvent {
  @IsInt() level!: number;
}

@EventType('loop.calm')
class Calm extends BaseEvent {}

const FAN_OUT = 10;

@Injectable()
class Loops {
  @OnEvent(Ping, { name: 'ping' })
  ping(context: DecisionContext<Ping>): void {
    context.publish(Pong.of({ source: 'ping' }));
  }

  @OnEvent(Pong, { name: 'pong' })
  pong(context: DecisionContext<Pong>): void {
    context.publish(Ping.of({ source: 'pong' }));
  }

  @OnEvent(Flood, { name: 'flood' })
  flood(context: DecisionContext<Flood>): void {
    const level = context.event.level + 1;
    context.publish(Array.from({ length: FAN_OUT }, () => Flood.of({ source: 'flood', level })));
  }

  @OnEvent(Calm, { name: 'calm' })
  calm(): string {
    return 'done';
  }
}

@Module({ imports: [EventsModule.forFeature([Ping, Pong, Flood, Calm])], providers: [Loops] })
class LoopsModule {}

describe('triggers that cause each other', () => {
  let database: TestDatabase;
  let service: Service;
  let store: EventStore;

  beforeAll(async () => {
    database = await freshDatabase();
    const settings = readSettings({
      DATABASE_URL: database.url,
      API_PORT: '0',
      LOG_LEVEL: 'silent',
      EVENT_MAX_ATTEMPTS: '2',
      EVENT_RETRY_BASE_DELAY: '0.01',
    });
    service = await startService(settings, { domain: [{ module: LoopsModule }] });
    store = service.app.get(EventStore, { strict: false });
  });
  afterAll(async () => {
    await service?.stop();
    await database.drop();
  });

  /** All events that have this one as their first cause, once nothing is in work any more. */
  async function aftermathOf(id: string) {
    await eventually(
      async () => {
        expect((await store.deadLetters.list({})).count).toBeGreaterThan(0);
        const { pending, processing, scheduled } = await store.stats();
        expect({ pending, processing, scheduled }).toEqual({ pending: 0, processing: 0, scheduled: 0 });
      },
      { timeoutMs: 20_000 },
    );
    const { items } = await store.search({ correlationId: id, limit: 500 });
    const letters = await store.deadLetters.list({ limit: 200 });
    await store.deadLetters.purge({}, letters.count);
    return { items, letters: letters.items };
  }

  async function goesOn(): Promise<void> {
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
    const [calm] = await store.publish(Calm.of({ source: 'test' }));
    await eventually(async () =>
      expect((await store.find(calm!.id))!.deliveries).toMatchObject([{ status: 'completed' }]),
    );
  }

  it('43: stop at depth 8 and leave one dead letter, which says why', async () => {
    const [root] = await store.publish(Ping.of({ source: 'test' }));

    const { items, letters } = await aftermathOf(root!.id);

    expect(items.map(({ meta }) => meta.depth).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(letters).toMatchObject([{ reason: 'permanent', error: { code: 'event_loop' } }]);
    report('a cycle of two triggers', { depth: items.length - 1, 'dead letters': letters.length });
    await goesOn();
  });

  it.each([1, 2, 3])('43: cause no more than 100 events when each causes ten, time %i', async () => {
    const [root] = await store.publish(Flood.of({ source: 'test', level: 0 }));

    const { items, letters } = await aftermathOf(root!.id);

    expect(items.length - 1).toBeLessThanOrEqual(100);
    expect(items.length - 1).toBeGreaterThan(100 - FAN_OUT);
    expect(new Set(letters.map(({ error }) => error.code))).toEqual(new Set(['event_loop']));
    report('ten follow-ups each', { events: items.length - 1, 'dead letters': letters.length });
    await goesOn();
  });
});
