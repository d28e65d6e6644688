import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { MasterKey } from './master-keys';

/**
 * A value as the database holds it. Each version of a value has a random key of its own, the data key, that seals it by
 * AES-256-GCM; the data key is wrapped the same way by a master key. So a new master key needs the data keys only, and no
 * value is ever read for it. Name and key id are bound in: a row that was changed, or put in another's place, does not open.
 */
export interface Envelope {
  keyId: string;
  wrappedKey: Buffer;
  sealed: Buffer;
}

// What a box consists of: a byte for this layout, the nonce, the tag, and the text.
const LAYOUT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;
const KEY_BYTES = 32;

export function sealed(name: string, value: string, master: MasterKey): Envelope {
  const dataKey = randomBytes(KEY_BYTES);
  return {
    keyId: master.id,
    wrappedKey: box(master.key, dataKey, wrapping(name, master.id)),
    sealed: box(dataKey, Buffer.from(value, 'utf8'), sealing(name)),
  };
}

/** The value; `null` when no key fits or anything was changed. */
export function opened(name: string, envelope: Envelope, masters: readonly MasterKey[]): string | null {
  const dataKey = unwrapped(name, envelope, masters);
  return (dataKey && unbox(dataKey, envelope.sealed, sealing(name))?.toString('utf8')) ?? null;
}

/** The same value under another master key; `null` when no key fits. */
export function rewrapped(
  name: string,
  envelope: Envelope,
  masters: readonly MasterKey[],
  next: MasterKey,
): Envelope | null {
  const dataKey = unwrapped(name, envelope, masters);
  if (!dataKey || !unbox(dataKey, envelope.sealed, sealing(name))) return null;
  const wrappedKey = box(next.key, dataKey, wrapping(name, next.id));
  return { keyId: next.id, wrappedKey, sealed: envelope.sealed };
}

function unwrapped(name: string, { keyId, wrappedKey }: Envelope, masters: readonly MasterKey[]): Buffer | null {
  const master = masters.find(({ id }) => id === keyId);
  return master ? unbox(master.key, wrappedKey, wrapping(name, keyId)) : null;
}

function sealing(name: string): string {
  return `reflex secret value\n${name}`;
}

function wrapping(name: string, keyId: string): string {
  return `reflex secret key\n${name}\n${keyId}`;
}

function box(key: Buffer, text: Buffer, bound: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(bound));
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([Buffer.of(LAYOUT), nonce, cipher.getAuthTag(), body]);
}

function unbox(key: Buffer, boxed: Buffer, bound: string): Buffer | null {
  if (boxed.length < HEAD_BYTES || boxed[0] !== LAYOUT) return null;
  const nonce = boxed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(bound)).setAuthTag(boxed.subarray(1 + NONCE_BYTES, HEAD_BYTES));
  try {
    return Buffer.concat([decipher.update(boxed.subarray(HEAD_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}
