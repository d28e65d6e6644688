import { InvalidDuration } from './errors';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Text such as `250ms`, `30s`, `5m`, `1h`, `2d`, or a number of milliseconds. */
export type Duration = number | `${number}${keyof typeof UNITS}`;

/** Milliseconds of a duration; throws `InvalidDuration` on anything else, also on trailing characters. */
export function durationMs(duration: number | string): number {
  if (typeof duration === 'number' && Number.isFinite(duration) && duration >= 0) return duration;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration));
  if (!match) throw new InvalidDuration(String(duration));
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
}
