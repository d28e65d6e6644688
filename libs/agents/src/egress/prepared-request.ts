import { EgressRefused } from './errors';
import type { EgressRequest } from './egress-request';
import { SecretRef } from './secret';
import type { Secrets } from './secrets';

/** A request with its secrets in place. It never leaves the client. */
export interface PreparedRequest {
  url: URL;
  method: NonNullable<EgressRequest['method']>;
  headers: Record<string, string>;
  /** Names of headers that another origin must not get. */
  confidential: string[];
  body: string | undefined;
  bodyHoldsSecret: boolean;
}

/** An answer as it came, with whatever secrets it holds. */
export interface RawResponse {
  status: number;
  headers: Record<string, string>;
  text: string;
}

const ALWAYS_CONFIDENTIAL = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key'];
/** Set by the connection or by us. */
const FORBIDDEN = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te', 'expect']);
const SAFE = new Set(['GET', 'HEAD']);

export function preparedRequest(given: EgressRequest, key: string, secrets: Secrets): PreparedRequest {
  const text = given.url instanceof SecretRef ? secrets.reveal(given.url) : given.url;
  if (!URL.canParse(text)) {
    throw new EgressRefused(`${given.url instanceof SecretRef ? given.url.toString() : 'What was given'} is no URL.`);
  }
  const method = given.method ?? (given.body === undefined ? 'GET' : 'POST');
  const headers: Record<string, string> = {
    'user-agent': 'reflex',
    accept: 'application/json, text/*;q=0.9, */*;q=0.1',
  };
  const confidential = [...ALWAYS_CONFIDENTIAL];
  for (const [name, value] of Object.entries(given.headers ?? {})) {
    const header = name.toLowerCase();
    if (FORBIDDEN.has(header)) throw new EgressRefused(`The header ${header} is not a tool's to set.`);
    if (value instanceof SecretRef) confidential.push(header);
    headers[header] = value instanceof SecretRef ? secrets.reveal(value) : value;
  }
  if (!SAFE.has(method)) headers['idempotency-key'] = key;
  const body = bodyOf(given.body, secrets);
  if (body.text !== undefined) headers['content-type'] ??= 'application/json';
  return { url: new URL(text), method, headers, confidential, body: body.text, bodyHoldsSecret: body.holdsSecret };
}

export function isRedirect({ status, headers }: RawResponse): boolean {
  return [301, 302, 303, 307, 308].includes(status) && headers['location'] !== undefined;
}

/** The request that a redirect asks for: another origin gets no credentials. */
export function afterRedirect(before: PreparedRequest, { status, headers }: RawResponse): PreparedRequest {
  const location = headers['location']!;
  if (!URL.canParse(location, before.url.href)) throw new EgressRefused('The redirect leads to what is no URL.');
  const url = new URL(location, before.url);
  if (before.url.protocol === 'https:' && url.protocol === 'http:') {
    throw new EgressRefused('The redirect leads from https to http.');
  }
  const next = { ...before, url, headers: { ...before.headers } };
  // As browsers do: only 307 and 308 repeat method and body.
  if (status < 307 && !SAFE.has(before.method)) {
    Object.assign(next, { method: 'GET', body: undefined, bodyHoldsSecret: false });
    delete next.headers['content-type'];
    delete next.headers['idempotency-key'];
  }
  if (url.origin === before.url.origin) return next;
  if (next.bodyHoldsSecret) throw new EgressRefused('The redirect would carry a secret to another origin.');
  for (const name of before.confidential) delete next.headers[name];
  return next;
}

function bodyOf(body: unknown, secrets: Secrets): { text: string | undefined; holdsSecret: boolean } {
  let holdsSecret = false;
  const text = JSON.stringify(body, function (this: Record<string, unknown>, name: string, value: unknown) {
    // The reference itself: its toJSON, which shows the name alone, has been asked already.
    const original = this[name];
    if (!(original instanceof SecretRef)) return value;
    holdsSecret = true;
    return secrets.reveal(original);
  }) as string | undefined;
  return { text, holdsSecret };
}
