import { NotSynchronous } from './errors';

/** Throws for a promise, which would count as "yes" whatever it brings. */
export function assertSynchronous(what: string, answer: unknown): void {
  if (typeof (answer as PromiseLike<unknown> | null | undefined)?.then === 'function') throw new NotSynchronous(what);
}
