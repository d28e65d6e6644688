import { hash, randomBytes } from 'node:crypto';

// Fixed lengths, since base64url itself has underscores. 40 bits of prefix name a key, 256 bits of secret prove it.
const KEY = /^rfx_([0-9a-f]{10})_([\w-]{43})$/;

/** A key as somebody shows it, without the secret itself: only what it is found and proven by. */
export interface PresentedKey {
  prefix: string;
  /** SHA-256 of the secret, in base64: as text it is made three times as fast, and every request makes one. */
  hash: string;
}

/** `null` for what cannot be a key: no table needs to be asked. */
export function readKey(text: string): PresentedKey | null {
  const [, prefix, secret] = KEY.exec(text) ?? [];
  return prefix === undefined || secret === undefined ? null : { prefix, hash: hashOf(secret) };
}

/** A new key: `text` is shown once, the rest is kept. */
export function newKey(): PresentedKey & { text: string } {
  const prefix = randomBytes(5).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { text: `rfx_${prefix}_${secret}`, prefix, hash: hashOf(secret) };
}

// The secret is random and long, so one round is enough; a slow hash would only slow every request down.
function hashOf(secret: string): string {
  return hash('sha256', secret, 'base64');
}
