import type { DeadLetter } from '@reflex/event-store';
import { eventJson } from '../events/event-json';

/** The event as it was sent, and beside it why it gave up. */
export function deadLetterJson(letter: DeadLetter): Record<string, unknown> {
  const { id, trigger, scope, reason, error, attempts, history, createdAt } = letter;
  return {
    ...eventJson(letter.event),
    dead_letter_id: id,
    trigger,
    scope,
    reason,
    // Without the stack, which belongs to the log.
    error: { code: error.code, message: error.message },
    attempts,
    history,
    created_at: createdAt.toISOString(),
  };
}
