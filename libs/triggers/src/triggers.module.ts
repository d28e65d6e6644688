import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EventRegistry, EventsModule } from '@reflex/events';
import { TRIGGER_DEFAULTS } from './trigger';
import { TriggerExplorer } from './trigger.explorer';
import { TriggerRegistry } from './trigger-registry';
import { ConfigurableModuleClass, TRIGGERS_OPTIONS, type TriggersOptions } from './triggers-options';

/** Makes `@OnEvent` methods of all providers work: import it once, with `forRoot` or `forRootAsync`. */
@Module({
  imports: [DiscoveryModule, EventsModule],
  providers: [
    TriggerExplorer,
    {
      provide: TriggerRegistry,
      inject: [EventRegistry, TRIGGERS_OPTIONS],
      useFactory: (events: EventRegistry, { defaults }: TriggersOptions) =>
        new TriggerRegistry(events, { ...TRIGGER_DEFAULTS, ...defaults }),
    },
  ],
  exports: [TriggerRegistry],
})
export class TriggersModule extends ConfigurableModuleClass {}
