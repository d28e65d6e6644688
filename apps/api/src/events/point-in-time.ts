import { durationMs, ReflexError } from '@reflex/core';

class InvalidTime extends ReflexError {
  readonly code = 'invalid_time';
  override readonly status = 422;

  constructor(text: string) {
    super(
      `"${text.slice(0, 64)}" is not a time. Write ISO 8601, such as 2026-01-31T12:00:00Z, or a duration, such as 1h ago.`,
    );
  }
}

const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;
const AGO = /^(\d+(?:\.\d+)?(?:ms|s|m|h|d))(?:\s+ago)?$/;
const ZONE = /(Z|[+-]\d\d:\d\d)$/;

/** Reads ISO 8601 (without a zone: UTC) or how long ago, such as `1h` or `30m ago`. Throws `InvalidTime`. */
export function pointInTime(text: string, now: Date): Date {
  const ago = AGO.exec(text)?.[1];
  if (ago !== undefined) return checked(now.getTime() - durationMs(ago), text);
  if (!ISO.test(text)) throw new InvalidTime(text);
  const isZoned = !text.includes('T') || ZONE.test(text);
  return checked(Date.parse(isZoned ? text : `${text}Z`), text);
}

function checked(time: number, text: string): Date {
  const date = new Date(time);
  // PostgreSQL and ISO 8601 agree on years of four digits.
  if (Number.isNaN(time) || date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9_999) throw new InvalidTime(text);
  return date;
}
