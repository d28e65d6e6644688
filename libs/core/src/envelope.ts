export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** How an event hangs together with others. The server makes `causation_id` and `depth`; a client may set the other two. */
export interface EventMeta {
  /** Joins the spans of one request, 32 hex digits when it comes from W3C trace context. */
  trace_id: string;
  /** Shared by an event and everything that follows from it. */
  correlation_id: string;
  /** The event that directly caused this one. */
  causation_id: string | null;
  /** 0 for an event from outside, parent + 1 for a follow-up. */
  depth: number;
}

/** An event as it travels: flat JSON, its own fields beside the envelope's. */
export interface EventEnvelope {
  id: string;
  type: string;
  source: string;
  /** When it happened, ISO 8601 with zone. */
  timestamp: string;
  meta: EventMeta;
  [field: string]: unknown;
}

/** The names that an event's own fields cannot take. */
export const ENVELOPE_FIELDS = ['id', 'type', 'source', 'timestamp', 'meta'] as const;
