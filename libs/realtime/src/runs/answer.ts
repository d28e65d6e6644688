import type { ServerFrame } from '@reflex/core';
import type { RunRecord } from '@reflex/event-store';

/** What the client that caused a run is told of its end; `null` when there is nothing to say, or not yet. */
export function answerOf(run: RunRecord): ServerFrame | null {
  const about = { event_id: run.eventId, trigger: run.trigger, run_id: run.id };
  if (run.outcome === 'completed' && run.result !== undefined && run.result !== null) {
    return { type: 'reply', ...about, content: run.result };
  }
  if (run.outcome !== 'dead_letter') return null;
  // The error's own text may quote SQL, prompts or addresses; the operator reads it in the dead letter.
  const message = `"${run.trigger}" gave up on this message. An operator can retry it; its id is ${run.eventId}.`;
  return { type: 'error', ...about, error: { code: run.error?.code ?? 'dead_letter', message } };
}
