import { z } from 'zod';

const id = (what: string) => z.string().min(1).max(128).describe(what);
const time = (what: string) =>
  z.string().max(64).optional().describe(`${what}: ISO 8601, or how long ago, such as "1h ago".`);
const page = {
  limit: z.int().min(1).max(50).default(10),
  cursor: z.string().max(512).optional().describe('next_cursor of the page before.'),
};
const globs = (what: string) => z.array(z.string().min(1).max(256)).max(50).optional().describe(what);

export const EVENT_SEARCH = z.strictObject({
  types: globs('Types; * stands for any characters, as in order.*'),
  sources: globs('Sources; * stands for any characters.'),
  from: time('Received at or after'),
  to: time('Received before'),
  correlation_id: id('Events that belong together.').optional(),
  ...page,
});

export const ONE_EVENT = z.strictObject({ id: id('Id of the event.') });

export const EXPLANATION = z.strictObject({
  trigger: z.string().min(1).max(256).describe('Name of the trigger.'),
  event_id: id('Id of the event.'),
});

export const DEAD_LETTER_SEARCH = z.strictObject({
  trigger: z.string().max(256).optional().describe('Name of the trigger that gave up.'),
  type: z.string().max(128).optional().describe('Type of the event.'),
  text: z.string().min(1).max(256).optional().describe('Stands in the error or in the payload.'),
  ...page,
});

export const RETRY = z.strictObject({
  id: id('dead_letter_id of a dead letter, or the id of an event that has only one.'),
  reason: z.string().max(500).optional().describe('Why; the person who approves reads it, and it stands in the audit.'),
});
