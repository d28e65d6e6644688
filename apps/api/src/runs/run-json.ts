import type { RunRecord } from '@reflex/event-store';

/** A run as it travels. */
export function runJson(run: RunRecord): unknown {
  return {
    id: run.id,
    trigger: run.trigger,
    scope: run.scope,
    event_id: run.eventId,
    attempt: run.attempt,
    outcome: run.outcome,
    reason: run.reason ?? null,
    result: run.result ?? null,
    // The stack stays in the database: it tells more of the server than of the run.
    error: run.error ? { code: run.error.code, message: run.error.message } : null,
    usage: run.usage ?? null,
    trace_id: run.traceId,
    started_at: run.startedAt.toISOString(),
    duration_ms: run.durationMs,
    settled_at: run.settledAt.toISOString(),
  };
}
