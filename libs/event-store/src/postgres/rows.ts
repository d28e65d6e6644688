import type { DeliverySummary } from '../event-search';
import type { DeadLetter, DeadLetterReason } from '../dead-letters';
import type { Delivery, StoredContext, StoredEvent } from '../delivery';
import type { RunRecord } from '../run-search';
import type { RunError, RunOutcome } from '../settlement';
import type { RegisteredTrigger } from '../trigger-definition';
import type { JsonObject, RunUsage } from '@reflex/core';

/** An event as the log's columns give it. */
export interface EventRow {
  seq: string;
  id: string;
  type: string;
  source: string;
  at: Date;
  received_at: Date;
  trace_id: string;
  correlation_id: string;
  causation_id: string | null;
  depth: number;
  payload: Record<string, unknown>;
  /** Time of receipt in microseconds since 1970, where a list pages by it. */
  micros?: string;
}

/** An event as `reflex.envelope` copies it. */
export interface EventCopy extends Omit<EventRow, 'seq' | 'at' | 'received_at' | 'micros'> {
  timestamp: string;
  received_at: string;
}

/** Times in milliseconds since 1970, as PostgreSQL writes a bigint. */
export interface ClaimRow extends Omit<EventRow, 'seq' | 'at' | 'received_at' | 'micros'> {
  at: string;
  received_at: string;
  event_seq: string;
  trigger_id: number;
  scope: string | null;
  attempt: number;
  suspect: boolean;
  lease_token: string;
  copy: EventCopy | null;
  now: string;
}

export interface ContextRow {
  trigger_id: number;
  scope: string;
  scratch: Record<string, unknown>;
  filters: Record<string, unknown>;
  created_at: Date;
  last_action_at: Date | null;
  events: EventCopy[];
}

export interface TriggerRow {
  id: number;
  name: string;
  types: string[];
  scope: string[] | null;
  match: JsonObject | null;
  stateful: boolean;
  on_retry: 'block' | 'pass';
  priority: number;
  concurrency: number | null;
  throttle_limit: number | null;
  throttle_window_ms: number | null;
  max_waiting: number | null;
  paused: boolean;
  active: boolean;
}

export interface RunRow {
  id: string;
  settled_at: Date;
  event_id: string;
  trigger: string;
  scope: string | null;
  attempt: number;
  outcome: RunOutcome;
  started_at: Date;
  duration_ms: number;
  trace_id: string | null;
  reason: string | null;
  error: RunError | null;
  result: unknown;
  usage: RunUsage | null;
}

export interface DeadLetterRow {
  id: string;
  trigger: string;
  scope: string | null;
  reason: DeadLetterReason;
  error: DeadLetter['error'];
  attempts: number;
  history: DeadLetter['history'];
  event: EventCopy & { edits?: { at: string; by: string; payload: Record<string, unknown> }[] };
  cluster: string;
  created_at: Date;
  micros: string;
}

export interface DeliveryRow {
  trigger: string;
  status: 'waiting' | 'pending' | 'processing' | 'scheduled' | 'aside' | 'completed' | 'dead_letter';
  attempts: number;
  run_at: Date | null;
  error: string | null;
  crashes: number;
  parked: { reason: string; deadline: boolean } | null;
  run_id: string | null;
}

export function toEvent(row: EventRow): StoredEvent {
  return eventOf(row, row.at, row.received_at);
}

function eventOf(row: Omit<EventCopy, 'timestamp' | 'received_at'>, timestamp: Date, receivedAt: Date): StoredEvent {
  return {
    id: row.id,
    type: row.type,
    source: row.source,
    timestamp,
    receivedAt,
    meta: {
      trace_id: row.trace_id,
      correlation_id: row.correlation_id,
      causation_id: row.causation_id,
      depth: row.depth,
    },
    payload: row.payload,
  };
}

export function fromCopy(copy: EventCopy): StoredEvent {
  return eventOf(copy, new Date(copy.timestamp), new Date(copy.received_at));
}

/** The inverse of `fromCopy`, for events that a context keeps. */
export function toCopy(event: StoredEvent): EventCopy {
  return {
    id: event.id,
    type: event.type,
    source: event.source,
    timestamp: event.timestamp.toISOString(),
    received_at: event.receivedAt.toISOString(),
    ...event.meta,
    payload: event.payload,
  };
}

export function toDelivery(row: ClaimRow, trigger: string): Delivery {
  return {
    eventSeq: row.event_seq,
    triggerId: row.trigger_id,
    leaseToken: row.lease_token,
    trigger,
    scope: row.scope,
    attempt: row.attempt,
    event: row.copy ? fromCopy(row.copy) : row.id === null ? null : claimedEvent(row),
    context: null,
  };
}

function claimedEvent(row: ClaimRow): StoredEvent {
  return eventOf(row, new Date(Number(row.at)), new Date(Number(row.received_at)));
}

export function toContext(row: ContextRow): StoredContext {
  return {
    events: row.events.map(fromCopy),
    scratch: row.scratch,
    filters: row.filters,
    createdAt: row.created_at,
    lastActionAt: row.last_action_at,
  };
}

export function toTrigger(row: TriggerRow): RegisteredTrigger {
  return {
    id: row.id,
    name: row.name,
    types: row.types,
    scope: row.scope,
    match: row.match,
    stateful: row.stateful,
    onRetry: row.on_retry,
    priority: row.priority,
    concurrency: row.concurrency,
    throttle: row.throttle_limit === null ? null : { limit: row.throttle_limit, windowMs: row.throttle_window_ms ?? 0 },
    maxWaiting: row.max_waiting,
    paused: row.paused,
    active: row.active,
  };
}

export function toRun(row: RunRow): RunRecord {
  return {
    id: row.id,
    trigger: row.trigger,
    scope: row.scope,
    eventId: row.event_id,
    attempt: row.attempt,
    outcome: row.outcome,
    traceId: row.trace_id,
    startedAt: row.started_at,
    settledAt: row.settled_at,
    durationMs: row.duration_ms,
    ...(row.result !== null && { result: row.result }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.error !== null && { error: row.error }),
    ...(row.usage !== null && { usage: row.usage }),
  };
}

export function toDeadLetter(row: DeadLetterRow): DeadLetter {
  const { id, trigger, scope, reason, error, attempts, cluster } = row;
  const edits = (row.event.edits ?? []).map(({ at, by, payload }) => {
    return { attempt: null, outcome: 'edited', error: null, at, by, payload };
  });
  const history = [...row.history, ...edits].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return {
    id,
    trigger,
    scope,
    reason,
    error,
    attempts,
    history,
    event: fromCopy(row.event),
    cluster,
    createdAt: row.created_at,
  };
}

export function toSummary(row: DeliveryRow): DeliverySummary {
  const status = statusOf(row);
  const parked = status === 'parked' ? row.parked : null;
  return {
    trigger: row.trigger,
    status,
    attempts: row.attempts,
    nextAttemptAt: parked && !parked.deadline ? null : row.run_at,
    error: row.error,
    runId: row.run_id,
    waitsFor: parked?.reason ?? null,
  };
}

function statusOf({ status, attempts, error, parked }: DeliveryRow): DeliverySummary['status'] {
  if (status === 'waiting') return 'pending';
  if (status !== 'scheduled' && status !== 'aside') return status;
  if (parked) return 'parked';
  return attempts > 0 || error !== null ? 'failed' : 'pending';
}
