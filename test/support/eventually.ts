import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 20;

/** Repeats the assertion until it passes; after `timeoutMs` throws what it threw last. Returns what it returns. */
export async function eventually<T>(assertion: () => T | Promise<T>, options: { timeoutMs?: number } = {}): Promise<T> {
  const until = Date.now() + (options.timeoutMs ?? 10_000);
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
    await delay(EVERY_MS);
  }
}
