import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { EventStore, type RunRecord, type StreamPart, type ToldRun } from '@reflex/event-store';
import { RealtimeOptions } from '../realtime-options';

/** Somebody who reads what a run tells. */
export interface Follower {
  /** Whether it has room for more; while it has not, nothing is read for it. */
  ready(): boolean;
  take(part: StreamPart): void;
  /** The attempt is over; `null` when it left no record, because its process died or gave it back. */
  end(run: RunRecord | null): void;
}

export interface Following {
  /** There is room again. */
  resume(): void;
  stop(): void;
}

interface Reading {
  runId: string;
  after: number;
  follower: Follower;
  waitMs: number;
  lookAt: number;
}

const RUNS_PER_READ = 32;
const LONGEST_WAIT_MS = 5_000;

/**
 * Reads what runs tell, from the database, for all followers of this process together: at once after a hint, otherwise ever
 * more rarely. What a follower has no room for stays where it is, so that a slow one costs no memory.
 */
@Injectable()
export class RunFollower implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly byRun = new Map<string, Set<Reading>>();
  private readonly due = new Set<Reading>();
  private readonly logger = new Logger(RunFollower.name);
  private reading = false;
  private timer: NodeJS.Timeout | undefined;
  private stopHints: (() => void) | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly options: RealtimeOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.stopHints = this.store.streams.onTold((runs) => this.hint(runs));
    this.timer = setInterval(() => this.sweep(performance.now()), this.options.pollEveryMs / 2).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.stopHints?.();
    this.byRun.clear();
    this.due.clear();
  }

  /** Hands over all that the run told and tells after that frame, and at last its end. */
  follow(runId: string, after: number, follower: Follower): Following {
    const reading: Reading = { runId, after, follower, waitMs: this.options.pollEveryMs, lookAt: 0 };
    const readings = this.byRun.get(runId) ?? new Set();
    this.byRun.set(runId, readings.add(reading));
    this.readSoon(reading);
    return { resume: () => this.readSoon(reading), stop: () => this.forget(reading) };
  }

  private hint(runs: ToldRun[]): void {
    for (const { runId } of runs) {
      for (const reading of this.byRun.get(runId) ?? []) {
        reading.waitMs = this.options.pollEveryMs;
        this.readSoon(reading);
      }
    }
  }

  private sweep(now: number): void {
    for (const readings of this.byRun.values()) {
      for (const reading of readings) {
        if (reading.lookAt > now) continue;
        reading.waitMs = Math.min(reading.waitMs * 2, LONGEST_WAIT_MS);
        this.readSoon(reading);
      }
    }
  }

  private readSoon(reading: Reading): void {
    reading.lookAt = performance.now() + reading.waitMs;
    if (!this.isFollowed(reading) || !reading.follower.ready()) return;
    this.due.add(reading);
    if (!this.reading) void this.readOn();
  }

  private async readOn(): Promise<void> {
    this.reading = true;
    while (this.due.size > 0) {
      const batch = [...this.due].slice(0, RUNS_PER_READ).toSorted(byRunId);
      for (const reading of batch) this.due.delete(reading);
      try {
        await this.read(batch);
      } catch (error) {
        // The next look comes by itself, so those who follow only wait longer.
        this.logger.warn(`Could not read what runs tell: ${String(error)}`);
      }
    }
    this.reading = false;
  }

  private async read(batch: Reading[]): Promise<void> {
    const parts = await this.store.streams.read(batch);
    const ends = new Map<string, RunRecord | null>();
    let place = 0;
    // Ends are known before anything is handed over, so that a run's end comes before what the next one tells.
    const found = batch.map((reading) => {
      const part = parts[place]?.runId === reading.runId ? parts[place++]! : null;
      if (!part || (!part.live && !part.more)) ends.set(reading.runId, null);
      return { reading, part };
    });
    await Promise.all([...ends.keys()].map(async (runId) => ends.set(runId, await this.store.findRun(runId))));
    for (const { reading, part } of found) this.hand(reading, part, ends.get(reading.runId));
  }

  private hand(reading: Reading, part: StreamPart | null, end: RunRecord | null | undefined): void {
    if (!this.isFollowed(reading)) return;
    const { follower } = reading;
    if (part && part.frames.length > 0) {
      reading.after = part.frames.at(-1)!.seq;
      follower.take(part);
    }
    if (part?.more) return this.readSoon(reading);
    if (end === undefined) return;
    this.forget(reading);
    follower.end(end);
  }

  private isFollowed(reading: Reading): boolean {
    return this.byRun.get(reading.runId)?.has(reading) === true;
  }

  private forget(reading: Reading): void {
    this.due.delete(reading);
    const readings = this.byRun.get(reading.runId);
    readings?.delete(reading);
    if (readings?.size === 0) this.byRun.delete(reading.runId);
  }
}

function byRunId(one: Reading, other: Reading): number {
  return Number(BigInt(one.runId) - BigInt(other.runId));
}
