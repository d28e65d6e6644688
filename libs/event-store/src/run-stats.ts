/** What runs are told apart by. */
export type StatsGroup = 'agent' | 'trigger' | 'day';

/** Settled from `from` on and before `to`. */
export interface RunStatsSearch {
  from: Date;
  to: Date;
  by: readonly StatsGroup[];
  /** 1 to 1,000; default 100. */
  limit?: number;
  cursor?: string;
}

/**
 * What the runs of one group came to. An attempt whose handler ran to its end, well or not, is a run; tokens and cost are
 * those of all attempts, also of parked ones.
 */
export interface RunStats {
  agent?: string;
  trigger?: string;
  /** `2026-01-31`, in UTC. */
  day?: string;
  runs: number;
  failures: number;
  inputTokens: number;
  outputTokens: number;
  /** US dollars, of the answers whose model has a price. */
  costUsd: number;
  /** Milliseconds; of an agent, the time of its own work. `null` where nothing ran to its end. */
  meanMs: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
}

/** By day, and then the dearest first. */
export interface RunStatsPage {
  items: RunStats[];
  nextCursor: string | null;
}
