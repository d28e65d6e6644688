import type { StoredEvent } from './delivery';

/** Why a delivery gave up. */
export type DeadLetterReason = 'attempts_exhausted' | 'permanent' | 'poison' | 'undecodable' | 'trigger_removed';

/** A self-contained copy: it outlives the history it came from. */
export interface DeadLetter {
  id: string;
  trigger: string;
  scope: string | null;
  reason: DeadLetterReason;
  error: { code: string; message: string };
  attempts: number;
  /** Earlier attempts and edits, oldest first. */
  history: LetterHistory[];
  /** With the payload as edited, which is what a retry gets. */
  event: StoredEvent;
  /** Names the dead letters of the same trigger whose errors are alike. */
  cluster: string;
  createdAt: Date;
}

export interface LetterHistory {
  /** `null` for an edit. */
  attempt: number | null;
  /** Of the run, or `edited`. */
  outcome: string;
  error: string | null;
  at: string;
  /** Who edited, and the payload as it was before. */
  by?: string;
  payload?: Record<string, unknown>;
}

/** All that is given must hold. */
export interface DeadLetterFilter {
  trigger?: string;
  type?: string;
  reason?: DeadLetterReason;
  cluster?: string;
  /** Gave up at or after. */
  from?: Date;
  /** Gave up before. */
  to?: Date;
  /** Stands in the error's message or in the payload's JSON; case does not matter. */
  text?: string;
}

export interface DeadLetterSearch extends DeadLetterFilter {
  /** 1 to 1,000; default 100. */
  limit?: number;
  cursor?: string;
}

/** Dead letters of one trigger whose errors are the same but for ids, numbers, times and quoted text. */
export interface DeadLetterCluster {
  cluster: string;
  trigger: string;
  /** The error with all of that replaced, such as `timeout: order <id> took <n>`. */
  shape: string;
  count: number;
  firstAt: Date;
  lastAt: Date;
  /** The newest one's id and its message. */
  sample: { id: string; message: string };
}

/** The dead letters of a store; an id is a dead letter's own, or an event's for all of its dead letters. */
export abstract class DeadLetters {
  /** Newest first; counts up to 10,000. */
  abstract list(search: DeadLetterSearch): Promise<{ count: number; items: DeadLetter[]; nextCursor: string | null }>;
  /** The largest first, at most 100. */
  abstract clusters(filter: DeadLetterFilter): Promise<DeadLetterCluster[]>;
  /** All of them, newest first, read in pages. */
  abstract read(filter: DeadLetterFilter): AsyncIterable<DeadLetter>;
  abstract find(id: string): Promise<DeadLetter[]>;
  /** Replaces the payload that a retry gets, and keeps the one before; `null` when it is no dead letter any more. */
  abstract edit(id: string, payload: Record<string, unknown>, by: string): Promise<DeadLetter | null>;
  /** Back to pending, attempts from zero; how many. Throws `DeliveryLive` when nothing but the edit could be lost by it. */
  abstract retry(id: string): Promise<number>;
  abstract delete(id: string): Promise<number>;
  /** Deletes what the filter finds if it finds as many as expected, otherwise nothing. */
  abstract purge(filter: DeadLetterFilter, expected: number): Promise<{ found: number; deleted: number }>;
}
