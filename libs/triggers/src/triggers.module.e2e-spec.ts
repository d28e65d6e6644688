import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { EventStore, EventStoreModule } from '@reflex/event-store';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { IsString } from 'class-validator';
import { count } from './conditions/condition';
import { DecisionContext } from './context/decision-context';
import { not } from './filters/filter';
import { keyword, source } from './filters/plain-filters';
import { OnEvent } from './on-event.decorator';
import { TriggerRegistry } from './trigger-registry';
import { TriggersModule } from './triggers.module';
import { TriggerWorker } from './worker/trigger-worker';

@EventType('module.alert')
class MonitorAlert extends BaseEvent {
  @IsString()
  service!: string;

  @IsString()
  message!: string;
}

@Injectable()
class Escalation {
  readonly summaries: string[] = [];

  @OnEvent(MonitorAlert, {
    filter: keyword('error', 'failed').and(not(source('internal:*'))),
    scope: 'service',
    when: count(2).within('60s'),
  })
  async escalate(context: DecisionContext<MonitorAlert>): Promise<{ services: string[] }> {
    this.summaries.push(context.summarize());
    return { services: context.events.map((event) => event.service) };
  }
}

function alert(message: string, from = 'monitor'): MonitorAlert {
  return MonitorAlert.of({ service: 'db', message, source: from });
}

describe('TriggersModule', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await freshDatabase()));
  afterAll(() => database.drop());

  async function boot(enabled: boolean) {
    @Module({
      imports: [
        EventStoreModule.forRootAsync({ useFactory: () => ({ url: database.url, poolSize: 4 }) }),
        EventsModule.forFeature([MonitorAlert]),
        TriggersModule.forRootAsync({ useFactory: () => ({ enabled, defaults: { maxAttempts: 7 } }) }),
      ],
      providers: [Escalation],
    })
    class App {}
    const app = await Test.createTestingModule({ imports: [App] }).compile();
    app.enableShutdownHooks();
    return app.init();
  }

  it('makes decorated methods work, and stops with the application', async () => {
    const app = await boot(true);
    const store = app.get(EventStore);

    await store.publish([alert('error 1'), alert('fine'), alert('error 2', 'internal:x'), alert('it failed')]);

    await eventually(async () => {
      const { items } = await store.searchRuns({ outcome: 'completed' });
      expect(items).toMatchObject([
        { trigger: 'Escalation.escalate', scope: 'db', result: { services: ['db', 'db'] } },
      ]);
    });
    expect(app.get(Escalation).summaries[0]).toContain('it failed');
    expect(app.get(TriggerRegistry).get('Escalation.escalate')).toMatchObject({
      maxAttempts: 7,
      conditionText: '2 within 60s',
      filterText: '(keyword error, failed and not source internal:*)',
    });
    const worker = app.get(TriggerWorker);
    expect(worker.ready).toBe(true);
    await app.close();
    expect(worker.ready).toBe(false);
  });

  it('lets publishing fan out where it is not enabled to work', async () => {
    const api = await boot(false);

    const [published] = await api.get(EventStore).publish(alert('error 3'));

    const stored = await api.get(EventStore).find(published!.id);
    expect(stored!.deliveries).toMatchObject([{ trigger: 'Escalation.escalate', status: 'pending' }]);
    expect(api.get(TriggerWorker).ready).toBe(false);
    await api.close();
  });
});
