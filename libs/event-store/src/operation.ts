import type { DeadLetterFilter } from './dead-letters';

/** Which dead letters to give back, and how fast. */
export interface RetryRequest {
  filter: DeadLetterFilter;
  /** At most so many, the oldest first; `null` for all. */
  limit: number | null;
  /** At most so many per second. */
  rate: number;
  /** The first that gives up again ends it. Begins with one, and has no more under way than have succeeded. */
  stopOnFailure: boolean;
}

/** A part of history, by time of receipt. */
export interface HistoryRange {
  from: Date;
  /** Received before. */
  to: Date;
  /** Globs; default all. */
  types?: string[];
}

/** Delivers history again to named triggers, in the order of the log. */
export interface ReplayRequest extends HistoryRange {
  /** Names. */
  triggers: string[];
  /** At most so many deliveries per second. */
  rate: number;
  /** As for retries. */
  stopOnFailure: boolean;
}

/** What a replay would deliver. */
export interface ReplayForecast {
  events: number;
  /** Deliveries by trigger. Those that are still live would be left alone, and are not counted. */
  deliveries: Record<string, number>;
}

interface Progress {
  id: string;
  status: 'running' | 'done' | 'stopped';
  actor: string;
  /** How many there were to do. */
  total: number;
  /** Given back; the sum of the next three, but for deliveries that had two dead letters. */
  done: number;
  /** Left alone, because they were live already. */
  skipped: number;
  succeeded: number;
  failed: number;
  /** Not ended yet. */
  waiting: number;
  /** Why it stopped. */
  reason: string | null;
  createdAt: Date;
  endedAt: Date | null;
}

/** Work of an operator that takes a while; it outlives the process that began it. */
export type Operation = Progress &
  ({ kind: 'dead_letters.retry'; request: RetryRequest } | { kind: 'events.replay'; request: ReplayRequest });

/** The operations of a store: begun by one process, gone on with by any. */
export abstract class Operations {
  /** Notes that many dead letters are to be retried; `advance` does it. */
  abstract beginRetry(request: RetryRequest, actor: string): Promise<Operation>;
  /** Without `triggers`, for all that are active. */
  abstract forecastReplay(range: HistoryRange, triggers?: string[]): Promise<ReplayForecast>;
  /** Notes that history is to be delivered again. Each delivery it makes has effects of its own. */
  abstract beginReplay(request: ReplayRequest, actor: string): Promise<Operation>;
  /** The next step, by whichever process; how long to wait for the one after it, `null` when it has ended. */
  abstract advance(operationId: string): Promise<{ nextInMs: number | null }>;
  /** Those that nobody advances, since their process ended. */
  abstract abandoned(): Promise<string[]>;
  /** Newest first, at most 100. */
  abstract list(): Promise<Operation[]>;
  abstract find(id: string): Promise<Operation | null>;
  /** What was given back already goes on; `null` when there is no such operation. */
  abstract stop(operationId: string, by: string): Promise<Operation | null>;
}
