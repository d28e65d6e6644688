/** The outcome of `work`, or the signal's reason as soon as it aborts, also when the work does not listen to it. */
export function untilAborted<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    // Started in a promise of its own, so that an error thrown at once is a rejection too.
    new Promise<T>((start) => start(work()))
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
