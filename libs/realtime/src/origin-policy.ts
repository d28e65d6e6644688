export interface OriginPolicy {
  allowedOrigins: readonly string[];
  loopbackOnly: boolean;
}

const LOOPBACK_HOST = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Why a request from a browser is refused, or `null` when it may pass. Programs send no Origin and pass; a page passes when
 * it is our own or its exact origin is on the list.
 */
export function refusedOrigin(
  host: string | undefined,
  origin: string | undefined,
  policy: OriginPolicy,
): string | null {
  // A page that rebinds its own name to 127.0.0.1 counts as same-origin; only its Host gives it away.
  if (policy.loopbackOnly && (host === undefined || !LOOPBACK_HOST.test(host))) {
    return 'This server listens on loopback only. Address it as localhost or 127.0.0.1.';
  }
  if (origin === undefined || policy.allowedOrigins.includes(origin) || sameHost(origin, host)) return null;
  return 'Pages of this origin may not call this server. Add the origin to ALLOWED_ORIGINS.';
}

function sameHost(origin: string, host: string | undefined): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin);
  return match !== null && host !== undefined && match[1]!.toLowerCase() === host.toLowerCase();
}
