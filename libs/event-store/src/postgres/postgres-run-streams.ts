import type { Pool } from 'pg';
import type { Delivery } from '../delivery';
import { RunStreams, type RunStream, type StreamPart, type StreamPosition, type ToldRun } from '../run-streams';
import { Hints } from './hints';
import { isOutage, reachable } from './outage';
import { READ_STREAMS, STREAMS_OF_EVENT, TELL_RUNS } from './stream-queries';
import { ToldFrames } from './told-frames';

/** Between two flushes, in milliseconds: what is told meanwhile goes together. A slow database is left as long in peace. */
const FLUSH_MS = 100;
const RETRY_MS = 1_000;
/** The end of an attempt waits so long for its last frames. */
const END_MS = 2_000;
const FRAMES_PER_READ = 64;
const STREAMS_PER_FLUSH = 100;

interface PartRow extends Omit<StreamPart, 'runId' | 'eventId' | 'more'> {
  run_id: string;
  event_id: string;
}

interface TellRow {
  s: string;
  t: number;
  k: string;
  run_id: string;
}

/** What the runs of this process tell goes into the database in one statement at a time, for all of them together. */
export class PostgresRunStreams extends RunStreams {
  private readonly dirty = new Set<ToldFrames>();
  private readonly hints = new Hints<ToldRun[]>();
  private enders: { stream: ToldFrames; resolve: () => void }[] = [];
  private timer: NodeJS.Timeout | null = null;
  private flushing: Promise<void> | null = null;
  private restUntil = 0;

  constructor(
    private readonly pool: Pool,
    private readonly tellOthers: (runs: ToldRun[]) => void,
  ) {
    super();
  }

  open(delivery: Delivery): RunStream {
    return new ToldFrames(
      delivery,
      (stream) => this.schedule(stream),
      (stream) => this.flushed(stream),
    );
  }

  async read(positions: readonly StreamPosition[]): Promise<StreamPart[]> {
    const known = positions.filter(({ runId }) => /^\d{1,18}$/.test(runId));
    if (known.length === 0) return [];
    const values = [known.map(({ runId }) => runId), known.map(({ after }) => after), FRAMES_PER_READ];
    const { rows } = await reachable(() => this.pool.query<PartRow>(READ_STREAMS, values));
    return rows.map(({ run_id: runId, event_id: eventId, ...row }) => ({
      ...row,
      runId,
      eventId,
      more: row.frames.length === FRAMES_PER_READ,
    }));
  }

  async ofEvent(eventId: string): Promise<ToldRun[]> {
    const { rows } = await reachable(() =>
      this.pool.query<{ run_id: string; event_id: string }>(STREAMS_OF_EVENT, [eventId]),
    );
    return rows.map((row) => ({ runId: row.run_id, eventId: row.event_id }));
  }

  onTold(listener: (runs: ToldRun[]) => void): () => void {
    return this.hints.add(listener);
  }

  /** Its record is stored. */
  ended(run: ToldRun): void {
    this.hint([run]);
    this.tellOthers([run]);
  }

  /** Runs told something or ended, here or elsewhere. */
  hint(runs: ToldRun[]): void {
    this.hints.emit(runs);
  }

  /** Waits for what is under way and stores nothing more. */
  async stop(): Promise<void> {
    clearTimeout(this.timer ?? undefined);
    this.dirty.clear();
    await this.flushing;
    for (const { resolve } of this.enders.splice(0)) resolve();
  }

  private schedule(stream: ToldFrames): void {
    this.dirty.add(stream);
    if (this.timer || this.flushing) return;
    const wait = this.enders.length > 0 ? 0 : this.restUntil - performance.now();
    this.timer = setTimeout(() => this.startFlush(), Math.max(0, wait));
  }

  private startFlush(): void {
    clearTimeout(this.timer ?? undefined);
    this.timer = null;
    this.flushing ??= this.flush().finally(() => {
      this.flushing = null;
      const [next] = this.dirty;
      if (next) this.schedule(next);
    });
  }

  private async flushed(stream: ToldFrames): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.enders.push({ stream, resolve });
      timer = setTimeout(resolve, END_MS);
      this.startFlush();
    });
    clearTimeout(timer);
    this.enders = this.enders.filter((ender) => ender.stream !== stream);
  }

  private async flush(): Promise<void> {
    const streams = [...this.dirty].slice(0, STREAMS_PER_FLUSH);
    for (const stream of streams) this.dirty.delete(stream);
    const startedAt = performance.now();
    this.restUntil = startedAt + FLUSH_MS;
    await this.store(streams);
    this.restUntil = Math.max(this.restUntil, 2 * performance.now() - startedAt);
    for (const { stream, resolve } of this.enders) if (stream.isEmpty) resolve();
  }

  private async store(streams: ToldFrames[]): Promise<void> {
    try {
      await this.write(streams);
    } catch (error) {
      if (isOutage(error)) {
        // A preview is no reason to disturb the run: it is sent again, and the record of the run comes in any case.
        for (const stream of streams) if (!stream.isEmpty) this.dirty.add(stream);
        this.restUntil = performance.now() + RETRY_MS;
      } else if (streams.length === 1) {
        streams[0]!.abandon();
      } else {
        // One of them is at fault: the others must not suffer for it.
        for (const stream of streams) await this.store([stream]);
      }
    }
  }

  private async write(streams: ToldFrames[]): Promise<void> {
    const told = streams.map((stream) => {
      const { eventSeq, triggerId, leaseToken, attempt, event } = stream.delivery;
      return { s: eventSeq, t: triggerId, k: leaseToken, e: event?.id ?? '', a: attempt, f: stream.take() };
    });
    const { rows } = await this.pool.query<TellRow>(TELL_RUNS, [JSON.stringify(told)]);
    const ids = new Map(rows.map(({ s, t, k, run_id: id }) => [`${s}/${t}/${k}`, id]));
    for (const stream of streams) {
      const { eventSeq, triggerId, leaseToken } = stream.delivery;
      stream.stored(ids.get(`${eventSeq}/${triggerId}/${leaseToken}`)!);
      if (!stream.isEmpty) this.dirty.add(stream);
    }
    this.tell(streams);
  }

  private tell(streams: ToldFrames[]): void {
    const runs = streams.map(({ runId, delivery }) => ({ runId: runId!, eventId: delivery.event?.id ?? '' }));
    this.hint(runs);
    this.tellOthers(runs);
  }
}
