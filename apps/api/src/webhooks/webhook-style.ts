import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonValue } from '@reflex/core';
import { RequestRefused } from '../http/refusals';

/** A request as its sender signed it. */
export interface SignedRequest {
  headers: IncomingHttpHeaders;
  /** The bytes that came. */
  raw: Buffer;
  /** The same, read as JSON. */
  body: JsonValue;
}

/** What a signature says, once it is found to be right. */
export interface Signed {
  /** Names the delivery: a second one under the same name is not stored again. */
  key: string;
  /** When it was signed, in seconds since 1970; null where the sender does not say. */
  signedAt: number | null;
}

/** How one kind of sender signs. */
export interface WebhookStyle {
  /** Headers that are stored with the event, besides the common ones. */
  headers: readonly string[];
  /** Null when no signature fits. */
  verify(request: SignedRequest, secrets: readonly string[]): Signed | null;
  /** A request that is answered and not stored. */
  answer?(body: JsonValue): object | null;
}

const NAME = /^[\w.-]{1,100}$/;

export function header(headers: IncomingHttpHeaders, name: string): string {
  return headers[name]?.toString() ?? '';
}

/** The name that the body gives itself, or else what was signed. */
export function keyOf(name: unknown, signed: readonly (string | Buffer)[]): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  const hash = createHash('sha256');
  for (const part of signed) hash.update(part);
  return hash.digest('hex');
}

export function fieldOf(body: JsonValue, field: string): unknown {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body[field] : undefined;
}

/** Seconds since 1970 as a header gives them; NaN for anything else. */
export function secondsOf(text: string): number {
  return /^\d{1,12}$/.test(text) ? Number(text) : NaN;
}

export function missingDeliveryId(name: string): RequestRefused {
  return new RequestRefused(400, 'missing_delivery_id', `The header ${name} is missing. Send it along.`);
}

export function isDeliveryId(text: string): boolean {
  return NAME.test(text);
}
