import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { TimerExplorer } from './timer.explorer';
import { TimerRunner } from './timer-runner.service';
import { TimerService } from './timer.service';
import { TimerTable } from './timer-table';
import { ConfigurableModuleClass } from './timers-options';

/** Makes `@OnTimer` methods of all providers work: import it once, with `forRoot`, beside the modules of event store and triggers. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    TimerExplorer,
    TimerRunner,
    TimerService,
    { provide: TimerTable, inject: [DataSource], useFactory: (dataSource: DataSource) => new TimerTable(dataSource) },
  ],
  exports: [TimerService],
})
export class TimersModule extends ConfigurableModuleClass {}
