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
  /** Earlier attempts, oldest first. */
  history: { attempt: number; outcome: string; error: string | null; at: string }[];
  event: StoredEvent;
  createdAt: Date;
}

export interface DeadLetterSearch {
  trigger?: string;
  type?: string;
  /** 1 to 1,000; default 100. */
  limit?: number;
  cursor?: string;
}

/** The dead letters of a store; an id is a dead letter's own, or an event's for all of its dead letters. */
export abstract class DeadLetters {
  abstract list(search: DeadLetterSearch): Promise<{ count: number; items: DeadLetter[]; nextCursor: string | null }>;
  abstract find(id: string): Promise<DeadLetter[]>;
  /** Back to pending, attempts from zero; how many. */
  abstract retry(id: string): Promise<number>;
  abstract delete(id: string): Promise<number>;
}
