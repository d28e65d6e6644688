import { hideInLogs } from '@reflex/observability';
import { UnknownSecret } from './errors';
import { SecretRef } from './secret';

/** What is shorter than this would be found in ordinary words. */
const MIN_HIDDEN_LENGTH = 6;

/** A header or variable as it is sent. */
export function revealed(value: string | SecretRef, secrets: Secrets): string {
  return value instanceof SecretRef ? secrets.reveal(value) : value;
}

/** The values behind secret references. Nobody but the egress client asks for them. */
export class Secrets {
  private readonly values: Map<string, string>;
  /** Longest first, so that a secret within another one does not leave the rest of that in sight. */
  private readonly shapes: { shape: string; name: string }[];

  constructor(values: Record<string, string | undefined>) {
    this.values = new Map(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value]] : [])));
    this.shapes = [...this.values]
      .flatMap(([name, value]) => shapesOf(value).map((shape) => ({ shape, name })))
      .sort((a, b) => b.shape.length - a.shape.length);
    for (const { shape } of this.shapes) hideInLogs(shape);
  }

  has({ name }: SecretRef): boolean {
    return this.values.has(name);
  }

  reveal({ name, prefix }: SecretRef): string {
    const value = this.values.get(name);
    if (value === undefined) throw new UnknownSecret(name);
    return `${prefix}${value}`;
  }

  /** The text without any secret, in whichever usual coding. */
  redact(text: string): string {
    return this.shapes.reduce((left, { shape, name }) => left.replaceAll(shape, `[secret ${name}]`), text);
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
