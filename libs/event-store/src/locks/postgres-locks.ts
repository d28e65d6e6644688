import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs, durationMs } from '@reflex/core';
import { reachable } from '../postgres/outage';
import { LockLost, LockTimeout } from './errors';
import { lockKey } from './lock-key';
import { LockSession } from './lock-session';
import { MemoryLocks } from './memory-locks';
import { DEFAULT_WAIT_MS, ScopedLocks, type LockOptions } from './scoped-locks';

/** Between two looks at a lock that another process holds. */
const LOOK = { baseMs: 10, maxMs: 250 };

/**
 * Locks over all processes on one database: advisory locks of a session, all on one pinned connection per process. Within
 * the process the scope is waited for first, since a session may take its own advisory lock again. Across processes it is
 * looked for again and again, because a statement that waits would hold up all others on the connection.
 */
export class PostgresLocks extends ScopedLocks {
  private readonly local = new MemoryLocks();
  private session: Promise<LockSession> | null = null;
  private closed = false;

  /** A connection that answers nothing for `patienceMs` counts as lost. */
  constructor(
    private readonly url: string,
    private readonly patienceMs = 5_000,
  ) {
    super();
  }

  async hold<T>(scope: string, work: (lost: AbortSignal) => Promise<T>, options: LockOptions = {}): Promise<T> {
    const waitMs = durationMs(options.wait ?? DEFAULT_WAIT_MS);
    const deadline = performance.now() + waitMs;
    const key = lockKey(scope);
    const holding = async (): Promise<T> => {
      const session = await this.acquire(scope, key, { waitMs, deadline, signal: options.signal });
      try {
        const result = await work(session.lost);
        if (session.lost.aborted) throw new LockLost(scope, session.lost.reason);
        return result;
      } catch (error) {
        throw session.lost.aborted && !(error instanceof LockLost) ? new LockLost(scope, error) : error;
      } finally {
        await session.unlock(key);
      }
    };
    return this.local.hold(scope, holding, { wait: waitMs, signal: options.signal });
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.local.close();
    const session = await this.session?.catch(() => null);
    await session?.close();
  }

  private async acquire(
    scope: string,
    key: string,
    { waitMs, deadline, signal }: { waitMs: number; deadline: number; signal?: AbortSignal },
  ): Promise<LockSession> {
    for (let look = 1; ; look += 1) {
      signal?.throwIfAborted();
      const session = await reachable(() => this.open());
      if (await reachable(() => session.tryLock(key))) return session;
      const left = deadline - performance.now();
      if (left <= 0) throw new LockTimeout(scope, waitMs);
      // Whatever ends the pause is looked at above.
      const stop = AbortSignal.any(signal ? [signal, session.lost] : [session.lost]);
      await delay(Math.min(left, backoffMs(Math.min(look, 10), LOOK)), undefined, { signal: stop }).catch(
        () => undefined,
      );
    }
  }

  private open(): Promise<LockSession> {
    if (this.closed) return Promise.reject(new Error('The locks were closed.'));
    if (this.session) return this.session;
    const session = LockSession.open(this.url, this.patienceMs);
    const forget = (): void => void (this.session === session && (this.session = null));
    session.then(({ lost }) => (lost.aborted ? forget() : lost.addEventListener('abort', forget)), forget);
    this.session = session;
    return session;
  }
}
