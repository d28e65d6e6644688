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

/** Work of an operator that takes a while; it outlives the process that began it. */
export interface Operation {
  id: string;
  kind: 'dead_letters.retry';
  status: 'running' | 'done' | 'stopped';
  actor: string;
  request: RetryRequest;
  /** How many there were to do. */
  total: number;
  /** Given back; the sum of the next three, but for deliveries that had two dead letters. */
  done: number;
  succeeded: number;
  failed: number;
  /** Not ended yet. */
  waiting: number;
  /** Why it stopped. */
  reason: string | null;
  createdAt: Date;
  endedAt: Date | null;
}
