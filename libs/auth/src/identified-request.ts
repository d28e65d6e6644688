import type { IncomingHttpHeaders } from 'node:http';
import { KeyRequired } from './errors';
import type { Principal } from './principal';

/** What this lib needs of a request of whichever HTTP server. */
export interface IdentifiedRequest {
  headers: IncomingHttpHeaders;
  body?: unknown;
  /** Set by the guard. */
  principal?: Principal;
}

/** Who calls; throws when the route is public, where nobody is asked. */
export function principalOf(request: IdentifiedRequest): Principal {
  if (request.principal === undefined) throw new KeyRequired();
  return request.principal;
}
