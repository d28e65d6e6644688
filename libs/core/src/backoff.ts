export interface BackoffOptions {
  /** Delay after the first failure, in milliseconds. */
  baseMs: number;
  /** No delay is longer, in milliseconds. */
  maxMs: number;
}

/**
 * Milliseconds to wait after failed attempt number `attempt` (from 1): exponential with equal jitter, that is between
 * half and all of min(base · 2^(attempt − 1), max). Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: BackoffOptions,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(baseMs * 2 ** (attempt - 1), maxMs);
  return ceiling / 2 + (random() * ceiling) / 2;
}
