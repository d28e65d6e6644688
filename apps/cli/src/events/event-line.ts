import type { StoredEvent } from '@reflex/event-store';

const PAYLOAD = 100;

/** One event on one line for a person: when, what, from where, and the beginning of what it says. */
export function eventLine({ id, type, source, receivedAt, payload }: StoredEvent): string {
  const fields = JSON.stringify(payload);
  const short = fields.length > PAYLOAD ? `${fields.slice(0, PAYLOAD).toWellFormed()}…` : fields;
  // What a client wrote must not move the cursor of whoever reads it.
  return [receivedAt.toISOString(), id, type, source, short].join('  ').replace(/\p{C}/gu, ' ');
}
