import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EventStore } from '@reflex/event-store';
import { EventRegistry, EventsModule } from '@reflex/events';
import { Backtester } from './rehearsal/backtester.service';
import { ContextRecaller } from './rehearsal/context-recaller.service';
import { ReplayRehearser } from './rehearsal/replay-rehearser.service';
import { TRIGGER_DEFAULTS } from './trigger';
import { TriggerExplainer } from './trigger-explainer.service';
import { TriggerExplorer } from './trigger.explorer';
import { TriggerLog } from './trigger-log.service';
import { TriggerRegistry } from './trigger-registry';
import { TriggerRunner } from './trigger-runner.service';
import { ConfigurableModuleClass, TRIGGERS_OPTIONS, type TriggersOptions } from './triggers-options';
import { TriggerWorker } from './worker/trigger-worker';

/** Makes `@OnEvent` methods of all providers work: import it once, with `forRoot` or `forRootAsync`, beside the event store's module. */
@Module({
  imports: [DiscoveryModule, EventsModule],
  providers: [
    Backtester,
    ContextRecaller,
    ReplayRehearser,
    TriggerExplainer,
    TriggerExplorer,
    TriggerRunner,
    TriggerLog,
    {
      provide: TriggerRegistry,
      inject: [EventRegistry, TRIGGERS_OPTIONS],
      useFactory: (events: EventRegistry, { defaults }: TriggersOptions) =>
        new TriggerRegistry(events, { ...TRIGGER_DEFAULTS, ...defaults }),
    },
    {
      provide: TriggerWorker,
      inject: [EventStore, EventRegistry, TriggerRegistry, TRIGGERS_OPTIONS],
      useFactory: (store: EventStore, events: EventRegistry, triggers: TriggerRegistry, options: TriggersOptions) =>
        new TriggerWorker({ store, events, triggers, options }),
    },
  ],
  exports: [Backtester, ContextRecaller, ReplayRehearser, TriggerExplainer, TriggerRegistry, TriggerWorker],
})
export class TriggersModule extends ConfigurableModuleClass {}
