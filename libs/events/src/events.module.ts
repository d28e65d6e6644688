import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { EventClass } from './base-event';
import { EventRegistry } from './event-registry';

/** Provides the one `EventRegistry` of the app, with the built-in events; `forFeature` adds an owner's. */
@Global()
@Module({ providers: [EventRegistry], exports: [EventRegistry] })
export class EventsModule {
  static forFeature(classes: readonly EventClass[]): DynamicModule {
    return {
      module: EventFeatureModule,
      imports: [EventsModule],
      providers: [
        {
          provide: Symbol('reflex:event-feature'),
          inject: [EventRegistry],
          useFactory: (registry: EventRegistry) => registry.register(classes),
        },
      ],
    };
  }
}

@Module({})
class EventFeatureModule {}
