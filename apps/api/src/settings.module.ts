import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from '@reflex/core';
import { SETTINGS, type Settings } from './settings';

/** Hands the checked settings, and the time, to whoever asks. */
@Global()
@Module({})
export class SettingsModule {
  static for(settings: Settings): DynamicModule {
    return {
      module: SettingsModule,
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: Clock, useClass: SystemClock },
      ],
      exports: [SETTINGS, Clock],
    };
  }
}
