import { isIPv6 } from 'node:net';
import { TokenBucket } from '@reflex/core';

const FORGET_EVERY_MS = 10_000;
const MAX_CLIENTS = 100_000;

/**
 * Requests per client and window, as a token bucket: a whole window's worth at once, then evenly. It is kept in this
 * process, so N processes behind one address let N times as many through.
 */
export class RateLimit {
  private buckets = new Map<string, TokenBucket>();
  private forgottenAt = 0;

  constructor(
    private readonly requests: number,
    private readonly windowMs: number,
  ) {}

  /** 0 when the request may pass, otherwise the milliseconds to wait. */
  take(address: string, now: number): number {
    if (this.requests === 0) return 0;
    if (now - this.forgottenAt > FORGET_EVERY_MS) this.forgetIdle(now);
    const client = clientOf(address);
    let bucket = this.buckets.get(client);
    if (!bucket) {
      // So many addresses at once are an attack; starting anew keeps the memory bounded.
      if (this.buckets.size >= MAX_CLIENTS) this.buckets = new Map();
      bucket = new TokenBucket(this.requests, this.requests / this.windowMs, now);
      this.buckets.set(client, bucket);
    }
    return bucket.take(now);
  }

  private forgetIdle(now: number): void {
    this.forgottenAt = now;
    for (const [client, bucket] of this.buckets) if (bucket.isFull(now)) this.buckets.delete(client);
  }
}

/** One household or server has a whole /64 of IPv6, so its addresses count as one client. */
function clientOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0');
  return [...front, ...zeros, ...back].slice(0, 4).join(':');
}
