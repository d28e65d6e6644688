import type { MissedPolicy } from './rhythm';
import type { Schedule } from './schedule';

/** A tick this late counts as on time: so long may a process take to start anew. */
export const ON_TIME_MS = 30_000;
/** Ticks made in one transaction; the rest follow in the next. */
export const MAX_TICKS = 500;

export interface PlannedTicks {
  /** For which times there are ticks, oldest first. */
  ticks: Date[];
  /** The first time that is not dealt with yet; null when there is none. */
  next: Date | null;
}

/** What to do at `now` about a timer that was due at `due`. */
export function plannedTicks(schedule: Schedule, missed: MissedPolicy, due: Date, now: Date): PlannedTicks {
  if (due > now) return { ticks: [], next: due };
  if (missed === 'catchUp') return allTicks(schedule, due, now);
  const newest = schedule.newest(due, now);
  const isOnTime = now.getTime() - newest.getTime() <= ON_TIME_MS;
  return { ticks: missed === 'once' || isOnTime ? [newest] : [], next: schedule.next(newest) };
}

function allTicks(schedule: Schedule, due: Date, now: Date): PlannedTicks {
  const ticks: Date[] = [];
  let next: Date | null = due;
  while (next && next <= now && ticks.length < MAX_TICKS) {
    ticks.push(next);
    next = schedule.next(next);
  }
  return { ticks, next };
}
