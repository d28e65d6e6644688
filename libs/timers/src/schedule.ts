import { Cron } from 'croner';
import type { TimerDefinition } from './rhythm';

const MINUTE_MS = 60_000;

/** The times of a timer. */
export interface Schedule {
  /** The first time after `after`; null when there is none. An interval counts on from `after`. */
  next(after: Date): Date | null;
  /** The newest time that is not after `now`; `due` is one such. */
  newest(due: Date, now: Date): Date;
}

/**
 * When clocks change, a cron expression with one fixed time of day runs once that day: in the gap of spring at its end, in
 * the repeated hour of autumn the first time. One that repeats within the hour or day follows the clock on the wall: none
 * in the gap, again in the repeated hour. An interval knows no wall clock.
 */
export function scheduleOf({ cron, everyMs, tz }: Pick<TimerDefinition, 'cron' | 'everyMs' | 'tz'>): Schedule {
  return everyMs === null
    ? cronSchedule(new Cron(cron!, { timezone: tz, paused: true, mode: '5-or-6-parts' }))
    : interval(everyMs);
}

function interval(everyMs: number): Schedule {
  return {
    next: (after) => new Date(after.getTime() + everyMs),
    newest: (due, now) => {
      const periods = Math.floor((now.getTime() - due.getTime()) / everyMs);
      return new Date(due.getTime() + periods * everyMs);
    },
  };
}

function cronSchedule(cron: Cron): Schedule {
  const next = (after: Date): Date | null => cron.nextRun(after);
  return {
    next,
    newest: (due, now) => {
      // Near the end first: after a long rest of a quick timer there are many times to go through.
      for (let backMs = MINUTE_MS; ; backMs *= 8) {
        const from = Math.max(due.getTime(), now.getTime() - backMs);
        const newest = lastFrom(next, new Date(from), now);
        if (newest) return newest;
        if (from === due.getTime()) return due;
      }
    },
  };
}

function lastFrom(next: Schedule['next'], from: Date, now: Date): Date | null {
  let last: Date | null = null;
  for (let time = next(from); time && time <= now; time = next(time)) last = time;
  return last;
}
