import type { DeadLetter } from '@reflex/event-store';
import type { Column } from '../answer';

export function letterJson(letter: DeadLetter): Record<string, unknown> {
  const { id, type, source, timestamp, meta, payload } = letter.event;
  return {
    ...payload,
    id,
    type,
    source,
    timestamp,
    meta,
    dead_letter_id: letter.id,
    trigger: letter.trigger,
    scope: letter.scope,
    reason: letter.reason,
    error: { code: letter.error.code, message: letter.error.message },
    attempts: letter.attempts,
    history: letter.history,
    created_at: letter.createdAt,
  };
}

const MESSAGE = 60;

export const LETTER_COLUMNS: Column<DeadLetter>[] = [
  ['DEAD LETTER', ({ id }) => id],
  ['TRIGGER', ({ trigger }) => trigger],
  ['TYPE', ({ event }) => event.type],
  ['REASON', ({ reason }) => reason],
  ['ATTEMPTS', ({ attempts }) => attempts],
  ['SINCE', ({ createdAt }) => createdAt],
  ['ERROR', ({ error }) => (error.message.length > MESSAGE ? `${error.message.slice(0, MESSAGE)}…` : error.message)],
];
