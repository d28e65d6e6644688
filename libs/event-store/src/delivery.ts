import type { EventMeta } from '@reflex/core';

/** An event as the store keeps it: the envelope in columns, the event's own fields in `payload`. */
export interface StoredEvent {
  id: string;
  type: string;
  source: string;
  timestamp: Date;
  /** When the store took it, by the database's clock. */
  receivedAt: Date;
  meta: EventMeta;
  payload: Record<string, unknown>;
}

/** Names one delivery: one event for one trigger. */
export interface DeliveryKey {
  /** Place of the event in the log, a decimal bigint. */
  eventSeq: string;
  triggerId: number;
}

/** A claimed delivery. The lease token fences its outcome: after a rescue the old token changes nothing. */
export interface Delivery extends DeliveryKey {
  leaseToken: string;
  trigger: string;
  /** `null` when the trigger has no scope: unordered and parallel. */
  scope: string | null;
  /** Which attempt this is, from 1. */
  attempt: number;
  /** `null` when the log no longer holds a readable event. */
  event: StoredEvent | null;
  /** The decision context as committed; only on the first delivery of a run of a stateful trigger. */
  context: StoredContext | null;
}

/** A trigger's working memory for one scope, as persisted. */
export interface StoredContext {
  events: StoredEvent[];
  scratch: Record<string, unknown>;
  /** What stateful filters remember, by the filter's place in the tree. */
  filters: Record<string, unknown>;
  createdAt: Date;
  lastActionAt: Date | null;
}

/** What the outcome of a delivery changes in its decision context, committed with it. */
export interface ContextChange {
  /** Forget the accumulated events (before `append`). */
  clear?: boolean;
  /** Add this delivery's event to the accumulated ones. */
  append?: boolean;
  scratch: Record<string, unknown>;
  filters: Record<string, unknown>;
  /** Set to the commit's time. */
  acted?: boolean;
  /** Look at the context again after so many milliseconds, although no event arrives; `null` for never. */
  wakeInMs: number | null;
}
