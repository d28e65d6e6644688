import { ENVELOPE_FIELDS } from '@reflex/core';
import type { EventRegistry } from '@reflex/events';
import { invalidCloudEvent } from './invalid-cloud-event';

/** Context attributes, extensions and data of one CloudEvent, by their names in the JSON format. */
export type CloudEventJson = Record<string, unknown>;

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;
const JSON_TYPE = /^application\/([\w.+-]+\+)?json\b/;
const MAPPED = new Set(['specversion', 'id', 'type', 'source', 'time', 'datacontenttype', 'data', 'data_base64']);

/**
 * A CloudEvent as the JSON that an event is parsed of: `data` gives the fields of the type, `time` the timestamp, the
 * extensions `traceparent` and `correlationid` the meta. Any other attribute fills the field of its name, if the type has one.
 */
export function eventJsonOf(cloudEvent: CloudEventJson, registry: EventRegistry): Record<string, unknown> {
  const { id, type, source, time, traceparent, correlationid } = cloudEvent;
  const data = dataOf(cloudEvent);
  const clash = ENVELOPE_FIELDS.find((field) => Object.hasOwn(data, field));
  if (clash !== undefined) {
    throw invalidCloudEvent(`its data holds "${clash}", which is given by an attribute. Leave it out of the data`);
  }
  const attributes = Object.entries(cloudEvent).filter(([name]) => !MAPPED.has(name) && registry.declares(type, name));
  return {
    ...Object.fromEntries(attributes),
    ...data,
    id,
    type,
    source,
    timestamp: time,
    meta: { trace_id: traceIdOf(traceparent), correlation_id: correlationid },
  };
}

function dataOf({ data, data_base64: base64, datacontenttype }: CloudEventJson): Record<string, unknown> {
  const value = base64 === undefined ? data : decoded(base64 as string, datacontenttype);
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalidCloudEvent('its data must be a JSON object with the fields of the type');
}

function decoded(base64: string, contentType: unknown): unknown {
  if (typeof contentType === 'string' && !JSON_TYPE.test(contentType)) {
    throw invalidCloudEvent('its data must be JSON. Send it as application/json');
  }
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch (error) {
    throw invalidCloudEvent('its data_base64 is not JSON', error);
  }
}

function traceIdOf(traceparent: unknown): string | undefined {
  return typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
}
