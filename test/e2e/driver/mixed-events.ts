import { random } from './random';

/** An event as a client sends it. */
export interface SentEvent {
  type: string;
  source: string;
  [field: string]: unknown;
}

const SERVICES = ['checkout', 'search', 'billing', 'login', 'mail', 'images', 'stock', 'reports'];
const ERRORS = [
  'Payment failed: connection refused',
  'Unhandled exception in OrderMapper: total is undefined',
  'Query failed: deadlock detected',
  'TLS handshake error with the card processor',
];
const CALM = ['Latency is above 2 s', 'Disk is 81 % full', 'Certificate ends in 14 days', 'Queue grows'];
const PATHS = ['/', '/cart', '/orders/7', '/search?q=socks', '/login', '/health'];

/** Events of the example's types as a busy system makes them; the same ones for the same seed. */
export function mixedEvents(count: number, seed = 1): SentEvent[] {
  const next = random(seed);
  const one = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  return Array.from({ length: count }, (_, nr): SentEvent => {
    const dice = next();
    const service = one(SERVICES);
    if (dice < 0.12) return { type: 'monitor.error', source: `monitor:${service}`, service, message: one(ERRORS) };
    if (dice < 0.22) {
      const severity = one(['low', 'medium', 'high']);
      return { type: 'monitor.alert', source: `monitor:${service}`, service, severity, message: one(CALM) };
    }
    if (dice < 0.55) {
      const payload = { nr, took_ms: Math.round(next() * 400), status: dice < 0.25 ? 'failed' : 'ok' };
      return { type: 'http', source: `app:${service}`, payload };
    }
    return { type: 'http.request', source: `gateway:${one(['eu', 'us'])}`, method: 'GET', path: one(PATHS) };
  });
}
