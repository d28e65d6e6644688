import { isIP } from 'node:net';
import { z } from 'zod';

/** One environment variable: how it is read and what its documentation says. */
export interface Variable<T> {
  schema: z.ZodType<T, string>;
  /** Completes the sentence "<NAME> must be …". */
  expected: string;
  about: string;
  /** As one would write it; without, the setting may be missing. */
  initial?: string;
  /** Its value is never shown. */
  secret?: boolean;
  /** Tools may refer to it by `secret('NAME')`. */
  forTools?: true;
}

interface Kind<T> {
  schema: z.ZodType<T, string>;
  expected: string;
  secret?: boolean;
}

/** A variable that always has a value. */
export function preset<T>(kind: Kind<T>, initial: string, about: string): Variable<T> & { initial: string } {
  return { ...kind, initial, about };
}

/** A variable that may be missing. */
export function optional<T>(kind: Kind<T>, about: string): Variable<T> & { initial?: never } {
  return { ...kind, about };
}

/** A text that tools of agents may refer to by `secret('NAME')`, without ever seeing it. */
export function forTools(variable: Variable<string> & { initial?: never }): Variable<string> & { initial?: never } {
  return { ...variable, secret: true, forTools: true };
}

export function whole(min: number, max: number): Kind<number> {
  return {
    schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max)),
    expected: `a whole number from ${min} to ${max}`,
  };
}

export function decimal(min: number, max: number): Kind<number> {
  return {
    schema: z
      .string()
      .regex(/^\d+(\.\d+)?$/)
      .transform(Number)
      .pipe(z.number().min(min).max(max)),
    expected: `a number from ${min} to ${max}`,
  };
}

export function oneOf<const T extends string>(...values: T[]): Kind<T> {
  return {
    schema: z
      .string()
      .transform((text) => text.toLowerCase())
      .pipe(z.enum(values)) as z.ZodType<T, string>,
    expected: values.length === 1 ? `"${values[0]}"` : `one of ${values.join(', ')}`,
  };
}

export function words(expected: string, pattern: RegExp = /./): Kind<string> {
  return { schema: z.string().regex(pattern), expected };
}

export function urlOf(...protocols: string[]): Kind<string> {
  return {
    schema: z.string().refine((text) => protocols.includes(`${URL.parse(text)?.protocol.slice(0, -1)}`)),
    expected: `a URL that starts with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    // A database URL holds a password.
    secret: true,
  };
}

export function secret(minLength: number): Kind<string> {
  return {
    schema: z.string().min(minLength),
    expected: minLength > 1 ? `at least ${minLength} characters long` : 'some text',
    secret: true,
  };
}

/** Comma-separated; empty for none. */
export function list(isItem: (item: string) => boolean, expected: string): Kind<string[]> {
  return {
    schema: z
      .string()
      .transform((text) => text.split(',').map((item) => item.trim()))
      .transform((items) => items.filter((item) => item !== ''))
      .refine((items) => items.every(isItem)),
    expected: `${expected}, separated by commas`,
  };
}

export function isOrigin(item: string): boolean {
  return /^https?:$/.test(URL.parse(item)?.protocol ?? '') && URL.parse(item)?.origin === item;
}

export function isAddressOrNetwork(item: string): boolean {
  const [address = '', bits, ...rest] = item.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
