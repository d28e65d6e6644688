import { durationMs } from '@reflex/core';
import { LockLost, LockTimeout } from './errors';
import { DEFAULT_WAIT_MS, ScopedLocks, type LockOptions } from './scoped-locks';

/** Locks within one process: for tests, and for services that will only ever be one. */
export class MemoryLocks extends ScopedLocks {
  private readonly closing = new AbortController();
  /** Who waits for each scope that is held, oldest first. */
  private readonly queues = new Map<string, (() => void)[]>();

  async hold<T>(scope: string, work: (lost: AbortSignal) => Promise<T>, options: LockOptions = {}): Promise<T> {
    await this.acquire(scope, options);
    try {
      const result = await work(this.closing.signal);
      if (this.closing.signal.aborted) throw new LockLost(scope, this.closing.signal.reason);
      return result;
    } finally {
      this.release(scope);
    }
  }

  close(): Promise<void> {
    this.closing.abort(new Error('The locks were closed.'));
    return Promise.resolve();
  }

  private async acquire(scope: string, { wait = DEFAULT_WAIT_MS, signal }: LockOptions): Promise<void> {
    signal?.throwIfAborted();
    this.closing.signal.throwIfAborted();
    const queue = this.queues.get(scope);
    if (!queue) return void this.queues.set(scope, []);
    const waitMs = durationMs(wait);
    if (waitMs === 0) throw new LockTimeout(scope, 0);

    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Leaves the queue in the same moment, or the lock could be handed to somebody who has gone.
    const leave = (reason: unknown): void => {
      const place = queue.indexOf(resolve);
      if (place < 0) return;
      queue.splice(place, 1);
      reject(reason);
    };
    const giveUp = AbortSignal.any(signal ? [signal, this.closing.signal] : [this.closing.signal]);
    const abort = (): void => leave(giveUp.reason);
    const timer = setTimeout(() => leave(new LockTimeout(scope, waitMs)), waitMs);
    giveUp.addEventListener('abort', abort);
    queue.push(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      giveUp.removeEventListener('abort', abort);
    }
  }

  // Handed over directly, so that nobody who comes now gets in between.
  private release(scope: string): void {
    const next = this.queues.get(scope)?.shift();
    if (next) next();
    else this.queues.delete(scope);
  }
}
