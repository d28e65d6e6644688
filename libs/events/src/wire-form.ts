import { ENVELOPE_FIELDS, type EventEnvelope, type EventMeta } from '@reflex/core';
import { BaseEvent } from './base-event';

/** An event as a store keeps it: the envelope apart from the event's own fields. */
export interface EncodedEvent {
  id: string;
  type: string;
  source: string;
  timestamp: Date;
  /** When the store took it. */
  receivedAt?: Date;
  meta: EventMeta;
  /** The own fields; `unknown` because rows can also be written with SQL. */
  payload: unknown;
}

const ENVELOPE = new Set<string>(ENVELOPE_FIELDS);

/** The event's own fields, without the envelope and without undefined ones. Nested values are not copied. */
export function payloadOf(event: BaseEvent): Record<string, unknown> {
  const payload: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(event)) {
    if (value !== undefined && !ENVELOPE.has(field)) payload[field] = value;
  }
  return payload;
}

/** The event as flat JSON. Works for what the store returns too, so that an undecodable event can still be shown. */
export function toEnvelope(event: BaseEvent | EncodedEvent): EventEnvelope {
  const fields = event instanceof BaseEvent ? payloadOf(event) : (event.payload as Record<string, unknown>);
  return {
    ...fields,
    id: event.id,
    type: event.type,
    source: event.source,
    // An event that was not published yet has no timestamp: the store sets it.
    timestamp: (event.timestamp ?? new Date()).toISOString(),
    meta: event.meta as EventMeta,
  };
}
