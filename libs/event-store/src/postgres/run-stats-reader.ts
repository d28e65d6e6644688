import type { Pool } from 'pg';
import { InvalidCursor } from '../errors';
import type { RunStats, RunStatsPage, RunStatsSearch } from '../run-stats';
import { pageSize } from './event-reader';
import { reachable } from './outage';
import { RUN_STATS } from './run-stats-queries';

interface StatsRow {
  agent: string | null;
  trigger: string | null;
  day: string | null;
  runs: number;
  failures: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
  mean_ms: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
}

/** Adds up the history of runs. */
export class RunStatsReader {
  constructor(private readonly pool: Pool) {}

  async stats({ from, to, by, limit: asked, cursor = '0' }: RunStatsSearch): Promise<RunStatsPage> {
    if (!/^\d{1,6}$/.test(cursor)) throw new InvalidCursor();
    const limit = pageSize(asked);
    const groups = (['agent', 'trigger', 'day'] as const).map((group) => by.includes(group));
    const values = [from, to, ...groups, limit + 1, Number(cursor)];
    const rows = await reachable(async () => (await this.pool.query(RUN_STATS, values)).rows as StatsRow[]);
    return {
      items: rows.slice(0, limit).map((row) => toStats(row)),
      nextCursor: rows.length > limit ? String(Number(cursor) + limit) : null,
    };
  }
}

function toStats({ agent, trigger, day, runs, failures, ...row }: StatsRow): RunStats {
  return {
    ...(agent !== null && { agent }),
    ...(trigger !== null && { trigger }),
    ...(day !== null && { day }),
    runs,
    failures,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    costUsd: row.cost_usd,
    meanMs: row.mean_ms,
    p50Ms: row.p50_ms,
    p95Ms: row.p95_ms,
  };
}
