import { durationMs } from '@reflex/core';
import type { DelayOptions } from '@reflex/event-store';
import { InvalidEvent, type EventRegistry } from '@reflex/events';

/** When an event is to be handed out, as the store takes it; both null for at once. */
export interface WantedDelay {
  delayMs: number | null;
  deliverAt: Date | null;
}

const AT_ONCE: WantedDelay = { delayMs: null, deliverAt: null };
const FIELDS = ['deliver_at', 'delay'] as const;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/**
 * Takes `deliver_at` and `delay` off the JSON of an event: they say when it is handed out and are not stored with it.
 * A type that has a field of such a name keeps it.
 */
export function takeDelay(raw: unknown, registry: EventRegistry): { event: unknown; delay: WantedDelay } {
  if (typeof raw !== 'object' || raw === null) return { event: raw, delay: AT_ONCE };
  const json = raw as Record<string, unknown>;
  const named = FIELDS.filter((field) => Object.hasOwn(json, field) && !registry.declares(json['type'], field));
  if (named.length === 0) return { event: raw, delay: AT_ONCE };

  const event = Object.fromEntries(Object.entries(json).filter(([field]) => !named.some((name) => name === field)));
  const delay = { ...AT_ONCE };
  if (named.includes('deliver_at')) delay.deliverAt = instant(json['deliver_at']);
  if (named.includes('delay')) delay.delayMs = span(json['delay']);
  return { event, delay };
}

/** The delays of the events of one publish, as its options. */
export function delayOptions(delays: WantedDelay[]): DelayOptions {
  if (delays.every((delay) => delay === AT_ONCE)) return {};
  return { delayMs: delays.map(({ delayMs }) => delayMs), deliverAt: delays.map(({ deliverAt }) => deliverAt) };
}

function instant(value: unknown): Date {
  const time = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : NaN;
  if (!Number.isNaN(time)) return new Date(time);
  throw invalid('deliver_at', 'deliver_at must be an ISO 8601 instant with zone, such as 2026-01-31T12:00:00Z');
}

function span(value: unknown): number {
  try {
    if (typeof value === 'string') return durationMs(value);
  } catch {
    // Said below.
  }
  throw invalid('delay', 'delay must be a number and a unit, such as 30s, 5m, 1h or 2d');
}

function invalid(field: string, message: string): InvalidEvent {
  return new InvalidEvent(`The event cannot be delayed: ${message}. Correct it and send it again.`, [
    { field, message },
  ]);
}
