import type { RunUsage } from '@reflex/core';
import type { BaseEvent } from '@reflex/events';
import type { EntityManager } from 'typeorm';
import type { DeadLetterReason } from './dead-letters';
import type { Delay } from './delay';
import type { ContextChange, Delivery } from './delivery';

/**
 * How an attempt ended, as `runs` records it.
 * `completed` the handler ran · `filtered` a filter said no · `accumulated` the condition said not yet ·
 * `failed` will be retried · `dead_letter` gave up · `deferred` told to come back later, no attempt used ·
 * `parked` waits for something outside, no attempt used.
 */
export type RunOutcome = 'completed' | 'filtered' | 'accumulated' | 'failed' | 'dead_letter' | 'deferred' | 'parked';

export interface RunError {
  code: string;
  message: string;
  stack?: string;
}

/** The record of one attempt. */
export interface RunReport {
  /** The id that a `RunStream` answered; without one the record gets its own. */
  id?: string;
  startedAt: Date;
  durationMs: number;
  /** What the handler returned, as JSON. */
  result?: unknown;
  /** Why a filter or the condition said no, or why it was put off. */
  reason?: string;
  error?: RunError;
  usage?: RunUsage;
}

/** Ends an attempt. Everything in it is committed together, or nothing is. */
export interface Settlement {
  delivery: Delivery;
  outcome: RunOutcome;
  run: RunReport;
  /** For `failed` and `deferred`: milliseconds until the next attempt; for `parked`, until its deadline, if it has one. */
  retryInMs?: number;
  /** For `parked`: the key that wakes it, besides its own name. */
  waitsFor?: string;
  /** For `dead_letter`. */
  deadLetterReason?: DeadLetterReason;
  context?: ContextChange;
  /** Events that follow from this one; published in the same transaction. */
  followUps?: BaseEvent[];
  /** When each of them is handed out; without, at once. */
  followUpDelays?: Delay[];
  /** The handler's own changes of the database; runs in the same transaction. */
  work?: (manager: EntityManager) => Promise<void>;
}
