import { plannedTicks, type PlannedTicks } from './planned-ticks';
import { scheduleOf } from './schedule';
import type { DueTimer, TimerTable } from './timer-table';

const BATCH = 100;
const FORGET_EVERY_MS = 60_000;
/** When another process is at work on what is due. */
const AGAIN_MS = 20;

/** Makes the ticks that are due. Every replica runs it; the database lets each tick in once. */
export class TimerSweep {
  private forgetAt = 0;

  constructor(private readonly table: TimerTable) {}

  /** Answers in how many milliseconds the next tick is due; null when there is none. */
  async runOnce(): Promise<number | null> {
    if (performance.now() >= this.forgetAt) {
      await this.table.forget();
      this.forgetAt = performance.now() + FORGET_EVERY_MS;
    }
    const due = await this.table.due(BATCH);
    if (due.length > 0) await this.table.tick(due.map((timer) => ({ timer, ...planOf(timer) })));
    const next = await this.table.nextInMs();
    return next === null ? null : Math.max(next, AGAIN_MS);
  }
}

function planOf(timer: DueTimer): PlannedTicks {
  return plannedTicks(scheduleOf(timer), timer.missed, timer.nextAt, timer.now);
}
