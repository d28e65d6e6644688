import type { StoredSecret } from '@reflex/core';
import { hideInLogs } from '@reflex/observability';
import { SecretLocked, UnknownSecret } from './errors';
import { SecretRef } from './secret';

/** What is shorter than this would be found in ordinary words. */
const MIN_HIDDEN_LENGTH = 6;

/** A header or variable as it is sent. */
export function revealed(value: string | SecretRef, secrets: Secrets): string {
  return value instanceof SecretRef ? secrets.reveal(value) : value;
}

/** The values behind secret references. Nobody but the egress client asks for them. */
export class Secrets {
  private readonly own: ReadonlyMap<string, string>;
  private stored: ReadonlyMap<string, StoredSecret> = new Map();
  /** Values that are hidden. One that was replaced stays among them: servers still know it. */
  private readonly hidden = new Set<string>();
  /** Longest first, so that a secret within another one does not leave the rest of that in sight. */
  private readonly shapes: { shape: string; name: string }[] = [];

  constructor(values: Record<string, string | undefined>) {
    this.own = new Map(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value]] : [])));
    for (const [name, value] of this.own) this.hide(name, value);
  }

  /** From now on these are the stored ones. A name that is given to the constructor has the value from there. */
  takeStored(stored: ReadonlyMap<string, StoredSecret>): void {
    for (const [name, { value }] of stored) if (value !== null) this.hide(name, value);
    this.stored = stored;
  }

  /** True also for one that cannot be opened. */
  has({ name }: SecretRef): boolean {
    return this.own.has(name) || this.stored.has(name);
  }

  /** Throws `UnknownSecret` and `SecretLocked`. */
  reveal({ name, prefix }: SecretRef): string {
    const stored = this.stored.get(name);
    const value = this.own.get(name) ?? stored?.value;
    if (value === undefined) throw new UnknownSecret(name);
    if (value === null) throw new SecretLocked(name, stored!.keyId);
    return `${prefix}${value}`;
  }

  /** The text without any secret, in whichever usual coding. */
  redact(text: string): string {
    return this.shapes.reduce((left, { shape, name }) => left.replaceAll(shape, `[secret ${name}]`), text);
  }

  private hide(name: string, value: string): void {
    if (this.hidden.has(value)) return;
    this.hidden.add(value);
    for (const shape of shapesOf(value)) {
      this.shapes.push({ shape, name });
      hideInLogs(shape);
    }
    this.shapes.sort((a, b) => b.shape.length - a.shape.length);
  }
}

// A server may send back what it was sent: as it was, in a URL, in JSON, in hex, in base64; and of a URL its path alone.
function shapesOf(value: string): string[] {
  const parts = [value];
  if (URL.canParse(value)) {
    const { pathname, search } = new URL(value);
    parts.push(`${pathname}${search}`, pathname);
  }
  const shapes = parts.flatMap((part) => [
    part,
    encodeURIComponent(part),
    JSON.stringify(part).slice(1, -1),
    Buffer.from(part).toString('hex'),
    Buffer.from(part).toString('hex').toUpperCase(),
    ...inBase64(part),
  ]);
  return [...new Set(shapes)].filter(({ length }) => length >= MIN_HIDDEN_LENGTH);
}

// Base64 takes three bytes at a time, so a text looks different at each of three places within a longer one. Of the groups
// that it shares with its neighbours nothing can be said.
function inBase64(text: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.from(text).subarray(offset);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3));
    return [whole.toString('base64'), whole.toString('base64url')];
  });
}
