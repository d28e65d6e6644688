import type { DeadLetterCluster } from '../dead-letters';
import type { Operation } from '../operation';

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
  filter: Omit<Operation['request']['filter'], 'from' | 'to'> & { from?: string; to?: string };
  limit: number | null;
  rate: number;
  stop_on_failure: boolean;
}

export interface OperationRow {
  id: string;
  kind: Operation['kind'];
  status: Operation['status'];
  actor: string;
  request: RetryRequestJson;
  total: number;
  done: number;
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
  const { id, kind, status, actor, request, total, done, reason, items } = row;
  const { from, to, ...filter } = request.filter;
  return {
    id,
    kind,
    status,
    actor,
    request: {
      filter: { ...filter, ...(from && { from: new Date(from) }), ...(to && { to: new Date(to) }) },
      limit: request.limit,
      rate: request.rate,
      stopOnFailure: request.stop_on_failure,
    },
    total,
    done,
    succeeded: items?.ended ?? 0,
    failed: items?.dead ?? 0,
    waiting: items?.live ?? 0,
    reason,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}
