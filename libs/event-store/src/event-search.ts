import type { StoredEvent } from './delivery';

export interface EventSearch {
  /** Globs; any of them. */
  types?: string[];
  /** Globs; any of them. */
  sources?: string[];
  /** Time of receipt, inclusive. */
  from?: Date;
  /** Time of receipt, exclusive. */
  to?: Date;
  correlationId?: string;
  order?: 'newest' | 'oldest';
  /** 1 to 1,000; default 100. */
  limit?: number;
  /** `nextCursor` of the page before. */
  cursor?: string;
}

export interface EventPage {
  items: StoredEvent[];
  nextCursor: string | null;
}

/** As one reads them from outside. */
export type DeliveryStatus = 'pending' | 'processing' | 'parked' | 'completed' | 'failed' | 'dead_letter';

export interface DeliverySummary {
  trigger: string;
  status: DeliveryStatus;
  attempts: number;
  /** Of a parked one its deadline; `null` without one. */
  nextAttemptAt: Date | null;
  error: string | null;
  /** The run that ended it or, of one in work that tells what it does, the one to follow. */
  runId: string | null;
  /** What a parked one waits for, in words. */
  waitsFor: string | null;
}

export interface EventWithDeliveries extends StoredEvent {
  deliveries: DeliverySummary[];
}
