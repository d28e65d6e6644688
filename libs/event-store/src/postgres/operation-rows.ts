import type { DeadLetterCluster } from '../dead-letters';
import type { Operation, ReplayRequest, RetryRequest } from '../operation';

export interface ClusterRow {
  cluster: string;
  trigger: string;
  shape: string;
  count: number;
  first_at: Date;
  last_at: Date;
  sample_id: string;
  sample_message: string;
}

/** As JSON keeps it: dates are texts. */
export interface RetryRequestJson {
  filter: Omit<RetryRequest['filter'], 'from' | 'to'> & { from?: string; to?: string };
  limit: number | null;
  rate: number;
  stop_on_failure: boolean;
}

export interface ReplayRequestJson {
  from: string;
  to: string;
  types?: string[];
  /** Of the types. */
  patterns?: string[];
  triggers: string[];
  rate: number;
  stop_on_failure: boolean;
}

export interface OperationRow {
  id: string;
  kind: Operation['kind'];
  status: Operation['status'];
  actor: string;
  request: RetryRequestJson | ReplayRequestJson;
  total: number;
  done: number;
  skipped: number;
  reason: string | null;
  created_at: Date;
  ended_at: Date | null;
  items: Partial<Record<'live' | 'ended' | 'dead', number>> | null;
}

export function toCluster(row: ClusterRow): DeadLetterCluster {
  const { cluster, trigger, shape, count } = row;
  const sample = { id: row.sample_id, message: row.sample_message };
  return { cluster, trigger, shape, count, firstAt: row.first_at, lastAt: row.last_at, sample };
}

export function toOperation(row: OperationRow): Operation {
  const { id, kind, status, actor, request, total, done, skipped, reason, items } = row;
  const progress = {
    id,
    status,
    actor,
    total,
    done,
    skipped,
    succeeded: items?.ended ?? 0,
    failed: items?.dead ?? 0,
    waiting: items?.live ?? 0,
    reason,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
  if (kind === 'events.replay') return { ...progress, kind, request: toReplay(request as ReplayRequestJson) };
  return { ...progress, kind, request: toRetry(request as RetryRequestJson) };
}

function toRetry({ filter: kept, limit, rate, stop_on_failure: stopOnFailure }: RetryRequestJson): RetryRequest {
  const { from, to, ...filter } = kept;
  const span = { ...(from && { from: new Date(from) }), ...(to && { to: new Date(to) }) };
  return { filter: { ...filter, ...span }, limit, rate, stopOnFailure };
}

function toReplay({ from, to, types, triggers, rate, stop_on_failure }: ReplayRequestJson): ReplayRequest {
  const range = { from: new Date(from), to: new Date(to), ...(types && { types }) };
  return { ...range, triggers, rate, stopOnFailure: stop_on_failure };
}
