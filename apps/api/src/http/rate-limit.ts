import { isIPv6 } from 'node:net';
import { TokenBucket } from '@reflex/core';

const FORGET_EVERY_MS = 10_000;
const QUIET = 0.9;
const MAX_CLIENTS = 100_000;

/**
 * Requests per client and window, as a token bucket: a whole window's worth at once, then evenly. It is kept in this
 * process; `SharedBuckets` tells those of the others.
 */
export class RateLimit {
  private buckets = new Map<string, TokenBucket>();
  private taken = new Map<string, number>();
  private forgottenAt = 0;

  constructor(
    readonly requests: number,
    readonly windowMs: number,
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
    const waitMs = bucket.take(now);
    if (waitMs === 0) this.taken.set(client, (this.taken.get(client) ?? 0) + 1);
    return waitMs;
  }

  /** What busy clients took since they were reported last: those that used a tenth of what they may. */
  takeReports(now = performance.now()): Map<string, number> {
    const reports = new Map<string, number>();
    for (const [client, count] of this.taken) {
      const left = this.buckets.get(client)?.left(now);
      if (left === undefined || left >= this.requests) this.taken.delete(client);
      else if (left < this.requests * QUIET) {
        // What it took so long ago that it came back is no debt.
        reports.set(client, Math.min(count, this.requests - left));
        this.taken.delete(client);
      }
    }
    return reports;
  }

  /** What a client has left over all processes. */
  lower(client: string, tokens: number, now: number): void {
    this.buckets.get(client)?.lower(tokens, now);
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
