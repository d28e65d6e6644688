import type { Firing } from '@reflex/event-store';
import type { Rehearsed } from './rehearsal';

/** A timer of the store comes a moment after it is due, and an event may be faster. */
const TICK_TOLERANCE_MS = 5_000;

/** What is in one of both only, each by time. */
export interface Unmatched {
  fresh: Rehearsed[];
  gone: Firing[];
}

/**
 * Matches what would fire with what did: by event, and where a timer takes part, by scope and time, since no two ticks are the
 * same event.
 */
export function matchFirings(would: readonly Rehearsed[], did: readonly Firing[]): Unmatched {
  const wouldIds = new Set(would.filter(({ isTick }) => !isTick).map(({ event }) => event.id));
  const didIds = new Set(did.filter(({ isTick }) => !isTick).map(({ eventId }) => eventId));
  const fresh = would.filter(({ isTick, event }) => isTick || !didIds.has(event.id));
  const gone = did.filter(({ isTick, eventId }) => isTick || !wouldIds.has(eventId));
  return matchTicks(fresh, gone);
}

function matchTicks(fresh: readonly Rehearsed[], gone: readonly Firing[]): Unmatched {
  const byScope = Map.groupBy(gone, ({ scope }) => scope);
  const unmatched: Rehearsed[] = [];
  for (const one of fresh) {
    const candidates = byScope.get(one.scope) ?? [];
    const place = candidates.findIndex(({ isTick, receivedAt }) => {
      return (isTick || one.isTick) && Math.abs(receivedAt.getTime() - timeOf(one)) <= TICK_TOLERANCE_MS;
    });
    if (place < 0) unmatched.push(one);
    else candidates.splice(place, 1);
  }
  const left = new Set([...byScope.values()].flat());
  return { fresh: unmatched, gone: gone.filter((firing) => left.has(firing)) };
}

function timeOf({ event }: Rehearsed): number {
  return event.receivedAt.getTime();
}
