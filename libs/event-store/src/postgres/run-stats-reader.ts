import type { Pool } from 'pg';
import { InvalidCursor, TooManyRuns } from '../errors';
import type { RunStats, RunStatsPage, RunStatsSearch } from '../run-stats';
import { pageSize } from './event-reader';
import { reachable } from './outage';
import { LIMIT_TIME, RUN_STATS } from './run-stats-queries';

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

/** SQLSTATE of a statement that took too long. */
const CANCELLED = '57014';

/** Adds up the history of runs. */
export class RunStatsReader {
  constructor(
    private readonly pool: Pool,
    private readonly withinMs = 15_000,
  ) {}

  async stats({ from, to, by, limit: asked, cursor = '0' }: RunStatsSearch): Promise<RunStatsPage> {
    if (!/^\d{1,6}$/.test(cursor)) throw new InvalidCursor();
    const limit = pageSize(asked);
    const groups = (['agent', 'trigger', 'day'] as const).map((group) => by.includes(group));
    const values = [from, to, ...groups, limit + 1, Number(cursor)];
    const rows = await reachable(() => this.inTime(values));
    return {
      items: rows.slice(0, limit).map((row) => toStats(row)),
      nextCursor: rows.length > limit ? String(Number(cursor) + limit) : null,
    };
  }

  private async inTime(values: unknown[]): Promise<StatsRow[]> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      await client.query(LIMIT_TIME, [`${this.withinMs}`]);
      const { rows } = await client.query(RUN_STATS, values);
      return rows as StatsRow[];
    } catch (error) {
      throw (error as { code?: unknown }).code === CANCELLED ? new TooManyRuns(this.withinMs, error) : error;
    } finally {
      const ended = await client.query('rollback').catch((error: Error) => error);
      client.release(ended instanceof Error ? ended : undefined);
    }
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
