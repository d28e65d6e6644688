import { toEnvelope } from '@reflex/events';
import type { DeadLetter, DeadLetterCluster } from '@reflex/event-store';

/** The event as it was sent, and beside it why it gave up. */
export function deadLetterJson(letter: DeadLetter): Record<string, unknown> {
  const { id, trigger, scope, reason, error, attempts, history, cluster, createdAt } = letter;
  return {
    ...toEnvelope(letter.event),
    dead_letter_id: id,
    trigger,
    scope,
    reason,
    // Without the stack, which belongs to the log.
    error: { code: error.code, message: error.message },
    attempts,
    history,
    cluster,
    created_at: createdAt.toISOString(),
  };
}

/** A cluster as the API and the command line show it. */
export function clusterJson({ firstAt, lastAt, sample, ...cluster }: DeadLetterCluster): Record<string, unknown> {
  return {
    ...cluster,
    first_at: firstAt.toISOString(),
    last_at: lastAt.toISOString(),
    sample: { dead_letter_id: sample.id, message: sample.message },
  };
}
