import type { Pool } from 'pg';
import { reachable } from './outage';

/** What strains the database as a whole, and ends only when somebody acts. */
export interface Strain {
  /** Age of the oldest snapshot: what was deleted since cannot be cleaned up, and claims get slower. */
  oldestTransactionSeconds: number | null;
  /** 0 to 1; at 1 no notification can be sent any more. */
  notifyQueueUsage: number;
  /** Days of the log ahead of today that have their partitions. */
  partitionDaysAhead: number;
}

// A role sees the transactions of others only with pg_read_all_stats; its own, which are the service's, always.
const STRAIN = `
  select (select extract(epoch from clock_timestamp() - min(t.began))::float8
            from (select a.xact_start as began from pg_stat_activity a
                   where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
                     and (a.backend_xmin is not null or a.backend_xid is not null)
                  union all
                  select p.prepared from pg_prepared_xacts p where p.database = current_database()) t) as oldest_transaction,
         pg_notification_queue_usage() as notify_queue,
         (select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'reflex.events'::regclass
             and c.relname > 'events_' || to_char(now() at time zone 'utc', 'YYYYMMDD')
             and c.relname ~ '_[0-9]{8}$')::int as partition_days`;

interface Row {
  oldest_transaction: number | null;
  notify_queue: number;
  partition_days: number;
}

export async function readStrain(pool: Pool): Promise<Strain> {
  const { rows } = await reachable(() => pool.query<Row>(STRAIN));
  const { oldest_transaction, notify_queue, partition_days } = rows[0]!;
  return {
    oldestTransactionSeconds: oldest_transaction,
    notifyQueueUsage: notify_queue,
    partitionDaysAhead: partition_days,
  };
}
