import type { IncomingHttpHeaders } from 'node:http';
import { assertJsonLimits } from '@reflex/core';
import type { CloudEventJson } from './cloud-event';
import { invalidCloudEvent } from './invalid-cloud-event';

export type CloudEventMode = 'structured' | 'binary' | 'batch';

const HEADER = /^ce-([a-z0-9]+)$/;
const REQUIRED = ['specversion', 'id', 'source', 'type'] as const;

/** How a request carries CloudEvents, by its headers; null when it does not. */
export function cloudEventMode(headers: IncomingHttpHeaders): CloudEventMode | null {
  const type = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'application/cloudevents+json') return 'structured';
  if (type === 'application/cloudevents-batch+json') return 'batch';
  return headers['ce-specversion'] === undefined ? null : 'binary';
}

/** The CloudEvents of a request, checked by the official SDK. A batch may be empty. */
export async function readCloudEvents(
  mode: CloudEventMode,
  headers: IncomingHttpHeaders,
  body: unknown,
): Promise<CloudEventJson[]> {
  const given = mode === 'binary' ? [ofHeaders(headers, body)] : mode === 'batch' ? listOf(body) : [body];
  return Promise.all(given.map((one) => checked(one)));
}

function listOf(body: unknown): unknown[] {
  if (Array.isArray(body)) return body;
  throw invalidCloudEvent('a batch is a JSON array');
}

function ofHeaders(headers: IncomingHttpHeaders, body: unknown): CloudEventJson {
  const attributes = Object.entries(headers).flatMap(([header, value]) => {
    const name = HEADER.exec(header)?.[1];
    return name === undefined ? [] : [[name, percentDecoded(String(value))]];
  });
  return { ...Object.fromEntries(attributes), datacontenttype: headers['content-type'], data: body };
}

function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    throw invalidCloudEvent('a header holds a percent sign that encodes nothing', error);
  }
}

async function checked(given: unknown): Promise<CloudEventJson> {
  // Before the SDK copies it: what it is made of may be hostile.
  assertJsonLimits(given);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidCloudEvent('it is not a JSON object');
  }
  // Null stands for an attribute that is not set.
  const attributes: CloudEventJson = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  // The SDK would make up what is missing.
  const missing = REQUIRED.find((name) => typeof attributes[name] !== 'string' || attributes[name] === '');
  if (missing !== undefined) throw invalidCloudEvent(`the attribute "${missing}" is missing`);
  const nested = Object.keys(attributes).find((name) => name !== 'data' && typeof attributes[name] === 'object');
  if (nested !== undefined) throw invalidCloudEvent(`the extension "${nested}" is neither text, number nor boolean`);
  if (attributes['specversion'] !== '1.0') throw invalidCloudEvent('its specversion is not 1.0');
  // Loaded by the first who needs it: most services never do.
  const { CloudEvent } = await import('cloudevents');
  try {
    new CloudEvent(attributes, false).validate();
  } catch (error) {
    throw invalidCloudEvent(reasonOf(error), error);
  }
  return attributes;
}

function reasonOf(error: unknown): string {
  const { errors, message } = error as { errors?: { instancePath?: string; message?: string }[]; message: string };
  const [first] = Array.isArray(errors) ? errors : [];
  if (first?.message !== undefined) return `${first.instancePath?.slice(1) || 'it'} ${first.message}`;
  return message.split('\n', 1)[0]!;
}
