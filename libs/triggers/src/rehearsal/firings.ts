import type { Firing } from '@reflex/event-store';
import type { Rehearsed } from './rehearsal';

/** A timer of the store comes a moment after it is due, and an event may be faster. */
const TICK_TOLERANCE_MS = 5_000;

export interface MatchedFirings {
  both: [Rehearsed, Firing][];
  /** What would fire only, and what did only; each by time. */
  fresh: Rehearsed[];
  gone: Firing[];
}

/**
 * Matches what would fire with what did: by event, and where a timer takes part, by scope and time, since no two ticks are the
 * same event.
 */
export function matchFirings(would: readonly Rehearsed[], did: readonly Firing[]): MatchedFirings {
  const byEvent = new Map(did.filter(({ isTick }) => !isTick).map((firing) => [firing.eventId, firing]));
  const both: MatchedFirings['both'] = [];
  const fresh: Rehearsed[] = [];
  for (const one of would) {
    const firing = one.isTick ? undefined : byEvent.get(one.event.id);
    if (firing) both.push([one, firing]);
    else fresh.push(one);
  }
  const matched = new Set(both.map(([, firing]) => firing));
  return matchTicks(
    both,
    fresh,
    did.filter((firing) => !matched.has(firing)),
  );
}

function matchTicks(
  both: MatchedFirings['both'],
  fresh: readonly Rehearsed[],
  gone: readonly Firing[],
): MatchedFirings {
  const byScope = Map.groupBy(gone, ({ scope }) => scope);
  const pairs: MatchedFirings['both'] = [];
  const unmatched: Rehearsed[] = [];
  for (const one of fresh) {
    const candidates = byScope.get(one.scope) ?? [];
    const place = candidates.findIndex(({ isTick, receivedAt }) => {
      return (isTick || one.isTick) && Math.abs(receivedAt.getTime() - timeOf(one)) <= TICK_TOLERANCE_MS;
    });
    if (place < 0) unmatched.push(one);
    else pairs.push([one, ...candidates.splice(place, 1)] as [Rehearsed, Firing]);
  }
  const left = new Set([...byScope.values()].flat());
  return { both: [...both, ...pairs], fresh: unmatched, gone: gone.filter((firing) => left.has(firing)) };
}

function timeOf({ event }: Rehearsed): number {
  return event.receivedAt.getTime();
}
