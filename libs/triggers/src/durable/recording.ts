import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '@reflex/core';
import { StoreUnavailable } from '@reflex/event-store';

const BACKOFF = { baseMs: 50, maxMs: 2_000 };

/** Writes to the record, and insists while the database does not answer: what was done must not be done again for that. */
export async function recording<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      await delay(backoffMs(Math.min(tries, 10), BACKOFF), undefined, { signal });
    }
  }
}
