import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Sweep } from '@reflex/event-store';
import { TimerExplorer } from './timer.explorer';
import { defineTimer } from './timer-definition';
import { TimerSweep } from './timer-sweep';
import { TimerTable } from './timer-table';
import { TIMERS_OPTIONS, type TimersOptions } from './timers-options';

/** Looks at least this often, for timers that another process created. */
const LOOK_MS = 1_000;
/** Shortest interval of a timer in code. */
const MIN_INTERVAL_MS = 1_000;

/** Registers the timers in code, and makes ticks while the application runs. */
@Injectable()
export class TimerRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Timers');
  private readonly sweep: Sweep;

  constructor(
    private readonly explorer: TimerExplorer,
    private readonly table: TimerTable,
    @Inject(TIMERS_OPTIONS) private readonly options: TimersOptions,
  ) {
    const ticks = new TimerSweep(table);
    this.sweep = new Sweep(
      LOOK_MS,
      () => ticks.runOnce(),
      (error) => this.logger.warn(`Timers could not tick and will try again: ${String(error)}`),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    const declared = this.explorer.explore();
    await this.table.declare(declared.map(({ name, rhythm }) => defineTimer(name, rhythm, MIN_INTERVAL_MS)));
    if (this.options.enabled ?? true) this.sweep.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweep.stop();
  }
}
