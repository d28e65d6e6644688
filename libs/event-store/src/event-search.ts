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

/** The seeds' five states, as one reads them from outside. */
export type DeliveryStatus = 'pending' | 'processing' | 'completed' | 'failed' | 'dead_letter';

export interface DeliverySummary {
  trigger: string;
  status: DeliveryStatus;
  attempts: number;
  nextAttemptAt: Date | null;
  error: string | null;
}

export interface EventWithDeliveries extends StoredEvent {
  deliveries: DeliverySummary[];
}
