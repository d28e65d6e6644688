import { durationMs } from '@reflex/core';
import { Misuse } from './complaint';

/** A time to come: a duration such as `30d`, or ISO 8601. */
export function timeToCome(text: string, now: number): Date {
  if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) return new Date(now + durationMs(text));
  const date = new Date(/^\d{4}-\d\d-\d\d/.test(text) ? text : Number.NaN);
  if (Number.isNaN(date.getTime())) {
    throw new Misuse(
      `"${text.slice(0, 64)}" is not a time. Write a duration such as 30d, or a date such as 2027-01-31.`,
    );
  }
  return date;
}
