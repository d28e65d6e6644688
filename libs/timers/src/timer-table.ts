import type { DataSource } from 'typeorm';
import { TimerExists, TimerFromCode, TooManyTimers, UnknownTimer } from './errors';
import { type PlannedTicks } from './planned-ticks';
import {
  COUNT_TIMERS,
  CREATE_TIMER,
  DECLARE_TIMER,
  DELETE_TIMER,
  DUE_TIMERS,
  FIND_TIMER,
  FORGET_TIMERS,
  LIST_TIMERS,
  NEXT_TICK,
  NOW,
  PAUSE_TIMER,
  RESUME_TIMER,
  TICK,
} from './queries';
import type { MissedPolicy, TimerDefinition } from './rhythm';
import { scheduleOf } from './schedule';

/** Most timers that are created over REST. */
const MAX_TIMERS = 1_000;

/** A timer as it is listed. */
export interface Timer extends TimerDefinition {
  origin: 'code' | 'rest';
  /** Null when no time is left. */
  nextAt: Date | null;
  /** The scheduled time of the newest tick. */
  lastAt: Date | null;
  tickCount: number;
  paused: boolean;
  createdAt: Date;
}

/** A timer that was due at `nextAt`, and the database's clock. */
export type DueTimer = Timer & { nextAt: Date; now: Date };

interface TimerRow {
  name: string;
  cron: string | null;
  every_ms: number | null;
  tz: string;
  missed: MissedPolicy;
  origin: Timer['origin'];
  next_at: Date | null;
  last_at: Date | null;
  tick_count: number;
  paused: boolean;
  created_at: Date;
}

/** The timers in the database. All times are by its clock. */
export class TimerTable {
  constructor(private readonly dataSource: DataSource) {}

  /** Upserts timers from code. One whose rhythm is unchanged keeps its next time, so that what was missed is known. */
  async declare(definitions: TimerDefinition[]): Promise<void> {
    // In the order of names: replicas that boot together must not wait for each other in a circle.
    for (const definition of [...definitions].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      await this.query(DECLARE_TIMER, await this.valuesOf(definition));
    }
  }

  async create(definition: TimerDefinition): Promise<Timer> {
    const [{ count }] = await this.query<[{ count: number }]>(COUNT_TIMERS, []);
    if (count >= MAX_TIMERS) throw new TooManyTimers(MAX_TIMERS);
    const [row] = await this.query<TimerRow[]>(CREATE_TIMER, await this.valuesOf(definition));
    if (!row) throw new TimerExists(definition.name);
    return toTimer(row);
  }

  async list(): Promise<Timer[]> {
    return (await this.query<TimerRow[]>(LIST_TIMERS, [])).map(toTimer);
  }

  async find(name: string): Promise<Timer> {
    const [row] = await this.query<TimerRow[]>(FIND_TIMER, [name]);
    if (!row) throw new UnknownTimer(name);
    return toTimer(row);
  }

  async delete(name: string): Promise<void> {
    const [rows] = await this.query<[unknown[]]>(DELETE_TIMER, [name]);
    if (rows.length > 0) return;
    await this.find(name);
    throw new TimerFromCode(name);
  }

  async pause(name: string): Promise<Timer> {
    return this.updated(name, PAUSE_TIMER, [name]);
  }

  /** Goes on from now: what was due during the pause was not missed. */
  async resume(name: string): Promise<Timer> {
    const timer = await this.find(name);
    return this.updated(name, RESUME_TIMER, [name, scheduleOf(timer).next(await this.now())]);
  }

  /** Looks without taking; `tick` finds out who was first. */
  async due(most: number): Promise<DueTimer[]> {
    const rows = await this.query<(TimerRow & { now: Date })[]>(DUE_TIMERS, [most]);
    return rows.map((row) => ({ ...toTimer(row), nextAt: row.next_at!, now: row.now }));
  }

  /** Publishes the ticks of each timer for which nobody else did meanwhile. Answers how many. */
  async tick(plans: ({ timer: DueTimer } & PlannedTicks)[]): Promise<number> {
    const batch = plans.map(({ timer, ticks, next }) => ({ name: timer.name, seen: timer.nextAt, ticks, next }));
    const [{ count }] = await this.query<[{ count: number }]>(TICK, [JSON.stringify(batch)]);
    return count;
  }

  /** Milliseconds until the next tick; null when there is none. */
  async nextInMs(): Promise<number | null> {
    const [{ ms }] = await this.query<[{ ms: number | null }]>(NEXT_TICK, []);
    return ms;
  }

  /** Removes timers that are no longer in the code of any process. */
  async forget(): Promise<void> {
    await this.query(FORGET_TIMERS, []);
  }

  private async valuesOf(definition: TimerDefinition): Promise<unknown[]> {
    const { name, cron, everyMs, tz, missed } = definition;
    return [name, cron, everyMs, tz, missed, scheduleOf(definition).next(await this.now())];
  }

  private async now(): Promise<Date> {
    const [{ now }] = await this.query<[{ now: Date }]>(NOW, []);
    return now;
  }

  private async updated(name: string, text: string, values: unknown[]): Promise<Timer> {
    const [[row]] = await this.query<[TimerRow[]]>(text, values);
    if (!row) throw new UnknownTimer(name);
    return toTimer(row);
  }

  private query<Rows>(text: string, values: unknown[]): Promise<Rows> {
    return this.dataSource.query<Rows>(text, values);
  }
}

function toTimer(row: TimerRow): Timer {
  return {
    name: row.name,
    cron: row.cron,
    everyMs: row.every_ms,
    tz: row.tz,
    missed: row.missed,
    origin: row.origin,
    nextAt: row.next_at,
    lastAt: row.last_at,
    tickCount: row.tick_count,
    paused: row.paused,
    createdAt: row.created_at,
  };
}
