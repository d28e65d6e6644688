import type { Duration } from '@reflex/core';

export interface LockOptions {
  /** Longest wait for the lock; then `LockTimeout` is thrown. `0` tries once. Default 10 s. */
  wait?: Duration;
  /** Gives up waiting, with the signal's reason. Pass `context.signal`. */
  signal?: AbortSignal;
}

/**
 * Lets one at a time work on a scope, such as `user:123`. Who waits longest is not promised to come next. A lock is not
 * reentrant: holding a scope while asking for it again waits until `LockTimeout`.
 */
export abstract class ScopedLocks {
  /**
   * Runs `work` while nobody else holds `scope`, and lets go of it however the work ends. The signal aborts as soon as
   * the lock is known to be lost: others may hold it then, so stop. In that case `LockLost` is thrown, whatever came out.
   */
  abstract hold<T>(scope: string, work: (lost: AbortSignal) => Promise<T>, options?: LockOptions): Promise<T>;

  /** Lets go of whatever is held or waited for. */
  abstract close(): Promise<void>;
}

export const DEFAULT_WAIT_MS = 10_000;
