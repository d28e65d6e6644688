import type { RunStats } from '@reflex/event-store';

/** What runs came to, as the API shows it. */
export function runStatsJson({ agent, trigger, day, runs, failures, ...rest }: RunStats): Record<string, unknown> {
  return {
    agent,
    trigger,
    day,
    runs,
    failures,
    input_tokens: rest.inputTokens,
    output_tokens: rest.outputTokens,
    cost_usd: rest.costUsd,
    mean_ms: rounded(rest.meanMs),
    p50_ms: rounded(rest.p50Ms),
    p95_ms: rounded(rest.p95Ms),
  };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}
