import { globMatcher } from '@reflex/core';
import type { SentEvent } from './mixed-events';

// What must come of a set of events, worked out from the events alone: none of the engine's filters, conditions or counts
// takes part, so that a mistake in them shows.

const SAYS_ERROR = /error|exception|failed/i;

/** How often the example's `error-threshold` fires: at each fifth error of a source, as long as all come within 60 s. */
export function expectedAlerts(events: readonly SentEvent[]): number {
  const errors = new Map<string, number>();
  for (const event of events) {
    const { source } = event;
    if (!source.startsWith('internal') && valuesOf(event).some((value) => SAYS_ERROR.test(value))) {
      errors.set(source, (errors.get(source) ?? 0) + 1);
    }
  }
  return [...errors.values()].reduce((sum, count) => sum + Math.floor(count / 5), 0);
}

/** How often the example's `periodic-summary` fires: at each tenth `monitor.*` event. */
export function expectedSummaries(events: readonly SentEvent[]): number {
  return Math.floor(events.filter(({ type }) => type.startsWith('monitor.')).length / 10);
}

/** How many deliveries there must be: each event for each trigger that listens to its type. */
export function expectedDeliveries(
  events: readonly { type: string }[],
  triggers: readonly { types: string[] }[],
): number {
  const listeners = triggers.map(({ types }) => globMatcher(types));
  const ofType = new Map<string, number>();
  return events.reduce((sum, { type }) => {
    if (!ofType.has(type)) ofType.set(type, listeners.filter((listens) => listens(type)).length);
    return sum + ofType.get(type)!;
  }, 0);
}

function valuesOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)];
  return Object.values(value).flatMap((one) => valuesOf(one));
}
