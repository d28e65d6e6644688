import type { ScopedLocks } from './scoped-locks';

/** What every implementation promises. `open` makes locks as one more process would have them, on the same ground. */
export function describeScopedLocks(open: () => ScopedLocks): void {
  let locks: ScopedLocks;
  beforeEach(() => (locks = open()));

  /** Holds a scope until it is told to end. */
  async function held(scope: string, by = locks) {
    const entered = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const done = by.hold(scope, async () => {
      entered.resolve();
      await end.promise;
    });
    await entered.promise;
    return async () => {
      end.resolve();
      await done;
    };
  }

  it('gives what the work gives, and throws what it throws', async () => {
    expect(await locks.hold('user:1', () => Promise.resolve(7))).toBe(7);
    await expect(locks.hold('user:1', () => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
    expect(await locks.hold('user:1', () => Promise.resolve(8), { wait: 0 })).toBe(8);
  });

  it('lets 50 in one after the other', async () => {
    let inside = 0;
    let most = 0;
    let counter = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, (inside += 1));
      const seen = counter;
      await new Promise((resolve) => setImmediate(resolve));
      counter = seen + 1;
      inside -= 1;
    };

    await Promise.all(Array.from({ length: 50 }, () => locks.hold('user:1', work)));

    expect({ most, counter }).toEqual({ most: 1, counter: 50 });
  });

  it('lets different scopes in at once', async () => {
    const release = await held('user:1');

    expect(await locks.hold('user:2', () => Promise.resolve('in'), { wait: 0 })).toBe('in');

    await release();
  });

  it('waits no longer than it may, and goes on afterwards', async () => {
    const release = await held('user:1');

    await expect(locks.hold('user:1', () => Promise.resolve(), { wait: 0 })).rejects.toMatchObject({
      code: 'lock_timeout',
    });
    await expect(locks.hold('user:1', () => Promise.resolve(), { wait: '40ms' })).rejects.toThrow(
      'Somebody else held "user:1" for the 40 ms',
    );
    const patient = locks.hold('user:1', () => Promise.resolve('in'), { wait: '5s' });
    await release();

    expect(await patient).toBe('in');
  });

  it('stops waiting when its signal aborts', async () => {
    const release = await held('user:1');
    const ending = new AbortController();
    const waiting = locks.hold('user:1', () => Promise.resolve(), { signal: ending.signal });
    const refused = waiting.catch((error: unknown) => error);

    ending.abort(new Error('shutting down'));

    expect(await refused).toMatchObject({ message: 'shutting down' });
    await release();
    expect(await locks.hold('user:1', () => Promise.resolve('in'), { wait: 0 })).toBe('in');
  });

  it('is not handed to somebody who stopped waiting in the same moment', async () => {
    const ending = new AbortController();
    const entered = Promise.withResolvers<void>();
    const first = locks.hold('user:1', async () => {
      entered.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      queueMicrotask(() => ending.abort(new Error('gone')));
    });
    await entered.promise;
    const second = locks.hold('user:1', () => Promise.resolve('second'), { signal: ending.signal });
    await Promise.allSettled([first, second]);

    expect(await locks.hold('user:1', () => Promise.resolve('third'), { wait: '1s' })).toBe('third');
  });

  it('tells holders that it closes, and refuses newcomers', async () => {
    const entered = Promise.withResolvers<void>();
    const holding = locks.hold('user:1', (lost) => {
      entered.resolve();
      return new Promise<void>((resolve) => lost.addEventListener('abort', () => resolve()));
    });
    const refused = holding.catch((error: unknown) => error);
    await entered.promise;

    await locks.close();

    expect(await refused).toMatchObject({ code: 'lock_lost' });
    await expect(locks.hold('user:1', () => Promise.resolve())).rejects.toThrow('closed');
  });
}
