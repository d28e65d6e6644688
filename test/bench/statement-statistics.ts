import type { Client } from 'pg';

/** PostgreSQL's own account of a row's statements, those inside functions too; only with --profile. */
export class StatementStatistics {
  constructor(private readonly admin: Client) {}

  async begin(): Promise<void> {
    await this.admin.query('create extension if not exists pg_stat_statements');
    await this.admin.query('select pg_stat_statements_reset()');
  }

  async print(): Promise<void> {
    const { rows } = await this.admin.query<Record<string, string>>(`
      select d.datname as database, s.calls, round(s.total_exec_time) as total_ms, round(s.mean_exec_time::numeric, 3) as mean_ms,
             s.rows, s.toplevel, s.shared_blks_hit + s.shared_blks_read as blocks, round(s.wal_bytes / 1e6) as wal_mb,
             left(regexp_replace(s.query, '\\s+', ' ', 'g'), 100) as query
        from pg_stat_statements s
        join pg_database d on d.oid = s.dbid
       where d.datname like 'bench%'
       order by s.total_exec_time desc
       limit 30`);
    console.table(rows);
  }
}
