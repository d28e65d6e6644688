import { createHash } from 'node:crypto';

/**
 * The key of PostgreSQL's advisory lock for a scope: a signed 64-bit number as text. `hashtext` has 32 bits, of which some
 * 77,000 scopes make it likely that two share a lock; here it takes five billion.
 */
export function lockKey(scope: string): string {
  return createHash('sha256').update(`reflex:lock:${scope}`).digest().readBigInt64BE(0).toString();
}
