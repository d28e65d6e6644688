import type { IncomingHttpHeaders } from 'node:http';

const BEARER = /^Bearer +(\S+) *$/i;
const SUBPROTOCOL = /(?:^|,)\s*key\.([^\s,]+)\s*(?=,|$)/;

/** The key that a request shows in its headers; never one in its URL, which ends up in logs and histories. */
export function keyInHeaders(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) return BEARER.exec(authorization)?.[1] ?? authorization;
  const header = headers['x-api-key'];
  return typeof header === 'string' && header !== '' ? header : undefined;
}

/** The same for a WebSocket: browsers can set no header there but `Sec-WebSocket-Protocol: reflex, key.<key>`. */
export function keyInUpgrade(headers: IncomingHttpHeaders): string | undefined {
  return SUBPROTOCOL.exec(headers['sec-websocket-protocol'] ?? '')?.[1] ?? keyInHeaders(headers);
}
