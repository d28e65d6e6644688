import type { Pool } from 'pg';
import { HistoryBusy } from '../errors';
import { FORGET_APPROVALS } from './approval-queries';
import { FORGET_BUDGETS } from './budget-queries';
import { FORGET_EFFECTS } from './effect-queries';
import {
  DROP_PARTITIONS,
  FORGET_KEYS,
  FORGET_WAITS,
  FORGET_WAKES,
  FORGET_WORKERS,
  MAKE_PARTITIONS,
  PROMOTE_DUE,
  RESCUE,
  RETIRE_TRIGGERS,
  WAKE_CONTEXTS,
  WAKE_PARKED,
  WATCH_WAITS,
} from './queries';
import { FORGET_STREAMS } from './stream-queries';
import type { ResolvedStoreOptions } from './store-options';
import { isLockTimeout } from './outage';
import { Sweep } from './sweep';

const BATCH = 1_000;
const KEYS_BATCH = 10_000;
/** No attempt that began before a wake ends later than so many days after it. */
const WAKES_DAYS = 7;
/** Each looks into the log. */
const WAITS_BATCH = 100;
const COPIES_BATCH = 5_000;
const EFFECTS_BATCH = 5_000;
/** A history that is in use is asked for again after so long; every so many refusals are worth a warning. */
const BUSY = { againMs: 15_000, warnEvery: 20 };
/** Deaths of processes after which a delivery is poison. */
const DEATHS = 3;
const HOUR_MS = 3_600_000;

/** The sweeps that a process runs while it holds a lease. Every replica runs them; locks keep them apart. */
export class Maintenance {
  /** Due retries and delays, parked deliveries that were woken, and contexts that wanted to be looked at again. */
  readonly due: Sweep;
  /** Deliveries of dead processes. */
  readonly rescue: Sweep;
  /** Rows of dead processes, and triggers that the code no longer has. */
  readonly retire: Sweep;
  /** Partitions to come and partitions that are too old. */
  readonly history: Sweep;
  private refusals = 0;

  constructor(
    private readonly pool: Pool,
    private readonly options: ResolvedStoreOptions,
    private readonly workerId: () => number,
    private readonly onWork: () => void,
    private readonly onError: (error: unknown) => void,
  ) {
    const { leaseMs } = options;
    this.due = new Sweep(1_000, () => this.promote(), onError);
    this.rescue = new Sweep(Math.min(2_000, leaseMs / 4), () => this.takeBack(), onError);
    this.retire = new Sweep(Math.min(10_000, leaseMs, options.retireAfterMs), () => this.clearUp(), onError);
    this.history = new Sweep(HOUR_MS, () => this.keepHistory(), onError);
  }

  start(): void {
    for (const sweep of this.all) sweep.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((sweep) => sweep.stop()));
  }

  private get all(): Sweep[] {
    return [this.due, this.rescue, this.retire, this.history];
  }

  private async promote(): Promise<number | null> {
    const waits = await this.row<{ next_in_ms: number | null }>(WATCH_WAITS, [WAITS_BATCH]);
    const { count: woken } = await this.row<{ count: number }>(WAKE_PARKED, [BATCH]);
    const retries = await this.row<{ promoted: number; next_in_ms: number | null }>(PROMOTE_DUE, [BATCH]);
    const ticks = await this.row<{ woken: number; next_in_ms: number | null }>(WAKE_CONTEXTS, [BATCH]);
    if (retries.promoted + ticks.woken > 0) this.onWork();
    if (woken === BATCH) return 0;
    return Math.min(...[retries, ticks, waits].map(({ next_in_ms }) => next_in_ms ?? Infinity));
  }

  private async takeBack(): Promise<void> {
    let count: number;
    do {
      ({ count } = await this.row<{ count: number }>(RESCUE, [this.options.leaseMs, BATCH, DEATHS]));
      if (count > 0) this.onWork();
    } while (count >= BATCH);
  }

  private async clearUp(): Promise<void> {
    const { app, leaseMs, retireAfterMs } = this.options;
    await this.row(FORGET_WORKERS, [leaseMs]);
    let count: number;
    do {
      ({ count } = await this.row<{ count: number }>(RETIRE_TRIGGERS, [
        app,
        this.workerId(),
        leaseMs,
        retireAfterMs,
        BATCH,
      ]));
    } while (count === BATCH);
  }

  private async keepHistory(): Promise<number | null> {
    const { events, runs, keys, streams } = this.options.retention;
    try {
      await this.row(MAKE_PARTITIONS, [7]);
      await this.dropOld('events', events);
      await this.dropOld('runs', runs);
      this.refusals = 0;
    } catch (error) {
      // Whoever reads the history for long goes first; waiting for it would stop all publishers behind us.
      if (!isLockTimeout(error)) throw error;
      if (this.refusals++ % BUSY.warnEvery === 3) this.onError(new HistoryBusy(error));
      return BUSY.againMs;
    }
    await this.forgetKeys(keys);
    await this.forgetEffects(Math.max(events, runs));
    await this.forgetAll(FORGET_BUDGETS, [Math.max(events, runs), BATCH]);
    await this.forgetAll(FORGET_WAKES, [WAKES_DAYS, BATCH]);
    await this.forgetAll(FORGET_WAITS, [BATCH]);
    await this.forgetStreams(streams);
    return null;
  }

  private async dropOld(history: 'events' | 'runs', days: number): Promise<void> {
    let count: number;
    do ({ count } = await this.row<{ count: number }>(DROP_PARTITIONS, [history, days, COPIES_BATCH]));
    while (count > 0);
  }

  private async forgetKeys(days: number): Promise<void> {
    let forgotten: number | null;
    do ({ rowCount: forgotten } = await this.pool.query(FORGET_KEYS, [days]));
    while (forgotten === KEYS_BATCH);
  }

  private async forgetEffects(days: number): Promise<void> {
    let count: number;
    for (const forget of [FORGET_EFFECTS, FORGET_APPROVALS]) {
      do ({ count } = await this.row<{ count: number }>(forget, [days, EFFECTS_BATCH]));
      while (count === EFFECTS_BATCH);
    }
  }

  private async forgetAll(statement: string, values: unknown[]): Promise<void> {
    let count: number;
    do ({ count } = await this.row<{ count: number }>(statement, values));
    while (count === BATCH);
  }

  private async forgetStreams(days: number): Promise<void> {
    let count: number;
    do ({ count } = await this.row<{ count: number }>(FORGET_STREAMS, [days * 1_440, BATCH]));
    while (count === BATCH);
  }

  private async row<Row>(text: string, values: unknown[]): Promise<Row> {
    const { rows } = await this.pool.query(text, values);
    return rows[0] as Row;
  }
}
