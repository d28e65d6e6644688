import { Injectable } from '@nestjs/common';
import type { Rhythm } from './rhythm';
import { defineTimer } from './timer-definition';
import { TimerTable, type Timer } from './timer-table';

/** Shortest interval of a timer that is created while the service runs: anybody with access may make many. */
const MIN_INTERVAL_MS = 10_000;

/** The operator's view of timers, and those that are made without code: their ticks go to any `@OnEvent(TimerTick)`. */
@Injectable()
export class TimerService {
  constructor(private readonly table: TimerTable) {}

  list(): Promise<Timer[]> {
    return this.table.list();
  }

  /** Throws `UnknownTimer`. */
  get(name: string): Promise<Timer> {
    return this.table.find(name);
  }

  /** Throws `InvalidTimer`, `TimerExists` or `TooManyTimers`. */
  async create(name: string, rhythm: { [Part in keyof Rhythm]?: unknown }): Promise<Timer> {
    return this.table.create(defineTimer(name, rhythm, MIN_INTERVAL_MS));
  }

  /** Throws `UnknownTimer`, or `TimerFromCode` for one that the code would bring back. */
  delete(name: string): Promise<void> {
    return this.table.delete(name);
  }

  pause(name: string): Promise<Timer> {
    return this.table.pause(name);
  }

  /** Goes on from now: ticks of the pause are not made up for. */
  resume(name: string): Promise<Timer> {
    return this.table.resume(name);
  }
}
