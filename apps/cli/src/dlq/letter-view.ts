import type { DeadLetter } from '@reflex/event-store';
import type { Column } from '../answer';

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
