import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EventRegistry, EventsModule } from '@reflex/events';
import { TriggerExplorer } from '../trigger.explorer';
import { TriggerRegistry } from '../trigger-registry';

/** The triggers of a test, without store and worker: it asks for a `TriggerRegistry`, and calls them itself. */
@Module({
  imports: [DiscoveryModule, EventsModule],
  providers: [
    TriggerExplorer,
    {
      provide: TriggerRegistry,
      inject: [EventRegistry],
      useFactory: (events: EventRegistry) => new TriggerRegistry(events),
    },
  ],
  exports: [TriggerExplorer, TriggerRegistry],
})
export class TestingTriggersModule {}
