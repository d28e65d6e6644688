import { ReflexError } from '@reflex/core';

const DAY_MS = 86_400_000;
/** Nobody plans further ahead by an event; a timer does. */
export const MAX_DELAY_MS = 366 * DAY_MS;

/** When events are handed out, if not at once: one answer for all of a publish, or one for each (`null`: at once). */
export interface DelayOptions {
  /** Milliseconds from the commit on, by the database's clock. */
  delayMs?: number | readonly (number | null)[];
  /** By the database's clock; a time that has passed means at once. */
  deliverAt?: Date | readonly (Date | null)[];
}

/** What one event of a publish asked for. */
export interface Delay {
  delayMs: number | null;
  deliverAt: Date | null;
}

const AT_ONCE: Delay = { delayMs: null, deliverAt: null };

export class InvalidDelay extends ReflexError {
  readonly code = 'invalid_delay';
  override readonly status = 422;
}

/** The delay of each of `count` events; throws `InvalidDelay` for one that cannot be. */
export function delaysOf(options: DelayOptions, count: number): Delay[] {
  if (options.delayMs === undefined && options.deliverAt === undefined) {
    return Array.from({ length: count }, () => AT_ONCE);
  }
  const delays = spread(options.delayMs, count, 'delayMs');
  const times = spread(options.deliverAt, count, 'deliverAt');
  return delays.map((delayMs, index) => checked({ delayMs, deliverAt: times[index]! }));
}

function spread<T extends number | Date>(
  given: T | readonly (T | null)[] | undefined,
  count: number,
  option: string,
): (T | null)[] {
  if (!Array.isArray(given)) return Array<T | null>(count).fill((given as T | undefined) ?? null);
  if (given.length === count) return [...(given as readonly (T | null)[])];
  throw new InvalidDelay(
    `${option} lists ${given.length} values for ${count} events. Give one for each, or one for all.`,
  );
}

function checked(delay: Delay): Delay {
  const { delayMs, deliverAt } = delay;
  if (delayMs !== null && deliverAt !== null) {
    throw new InvalidDelay('The event has both a delay and a time of delivery. Give one of them.');
  }
  if (delayMs !== null && !(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) {
    throw new InvalidDelay('A delay is at most a year (366 days) and not negative. Choose a shorter one.');
  }
  // The bound is coarse, so this process's clock will do.
  if (deliverAt !== null && !(deliverAt.getTime() <= Date.now() + MAX_DELAY_MS)) {
    throw new InvalidDelay(
      'The time of delivery must be a time at most a year (366 days) ahead. Choose an earlier one.',
    );
  }
  return delay;
}
