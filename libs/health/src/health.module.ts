import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ConfigurableModuleClass, DEFAULT_HEALTH_OPTIONS, HealthOptions, MODULE_OPTIONS_TOKEN } from './health-options';
import { ServiceHealth } from './service.health';

/** Needs an `EventStore` from a global module; looks at the `TriggerWorker` if there is one. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  providers: [
    ServiceHealth,
    {
      provide: HealthOptions,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: Partial<HealthOptions>): HealthOptions => ({ ...DEFAULT_HEALTH_OPTIONS, ...options }),
    },
  ],
  exports: [ServiceHealth],
})
export class HealthModule extends ConfigurableModuleClass {}
