import { durationMs } from '@reflex/core';
import { Misuse } from './complaint';

const DURATION = /^\d+(\.\d+)?(ms|s|m|h|d)$/;
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** A time to come: a duration such as `30d`, or ISO 8601. */
export function timeToCome(text: string, now: number): Date {
  if (DURATION.test(text)) return new Date(now + durationMs(text));
  const date = new Date(/^\d{4}-\d\d-\d\d/.test(text) ? text : Number.NaN);
  if (Number.isNaN(date.getTime())) {
    throw new Misuse(
      `"${text.slice(0, 64)}" is not a time. Write a duration such as 30d, or a date such as 2027-01-31.`,
    );
  }
  return date;
}

/** A time that was: ISO 8601 (without a zone: UTC), or how long ago, such as `1h`. */
export function timePast(text: string, now: number): Date {
  const ago = text.replace(/\s+ago$/, '');
  const isZoned = /Z$|[+-]\d\d:\d\d$/.test(text) || !text.includes('T');
  const time = DURATION.test(ago)
    ? now - durationMs(ago)
    : ISO.test(text)
      ? Date.parse(isZoned ? text : `${text}Z`)
      : NaN;
  // PostgreSQL and ISO 8601 agree on years of four digits.
  if (new Date(time).getUTCFullYear() >= 1) return new Date(time);
  throw new Misuse(
    `"${text.slice(0, 64)}" is not a time. Write a duration such as 1h, or ISO 8601 such as 2026-01-31T12:00:00Z.`,
  );
}

/** A length of time such as `30m`, in milliseconds; the whole text must be one. */
export function lengthOfTime(flag: string, text: string): number {
  if (DURATION.test(text)) return durationMs(text);
  throw new Misuse(
    `${flag}: "${text.slice(0, 64)}" is not a duration. Write a number and a unit, such as 30m, 1h or 2d.`,
  );
}
