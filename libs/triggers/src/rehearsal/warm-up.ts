import type { Trigger } from '../trigger';

const HOUR_MS = 3_600_000;

/** How long before an event a rehearsal begins, so that what the trigger remembers of then is there. */
export function warmUpOf({ condition, definition }: Trigger): number {
  return definition.stateful ? Math.max(condition?.parts.lookbackMs ?? 0, HOUR_MS) : 0;
}
