import { RetryLater } from '@reflex/core';
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import { ModelUnavailable } from '../../errors';

/** Faults in a row after which a provider is left alone. */
const FAULTS = 5;
/** For how long; then one call looks whether it is back. */
const REST_MS = 10_000;
/** While that one call is under way the others come back after so long. */
const PROBE_MS = 5_000;
/** Whoever waits for the same moment comes back a little spread, or all would meet again. */
const SPREAD = 0.1;
/** Calls that were under way together are told the same; only one of them tells the other processes. */
const SAME_MS = 100;

/** The provider is not asked now; whoever has no other model comes back later, and no attempt is used. */
export class ProviderClosed extends RetryLater {
  override readonly code: string = 'provider_closed';
}

/**
 * Stands before all calls of one provider in this process. A provider that says "too many requests, come back in 3 s" is
 * closed for everybody until then, here at once and in other processes as soon as they hear of it; one that fails again and
 * again is left alone by this process, and then asked by one call first.
 */
export class ProviderGate {
  private closedUntil = 0;
  private restsUntil = 0;
  private readonly breaker = circuitBreaker(
    handleWhen((error) => error instanceof ModelUnavailable),
    { breaker: new ConsecutiveBreaker(FAULTS), halfOpenAfter: REST_MS },
  );

  constructor(
    private readonly provider: string,
    private readonly random: () => number = Math.random,
    private readonly tellOthers: (forMs: number) => void = () => undefined,
  ) {
    this.breaker.onBreak(() => (this.restsUntil = Date.now() + REST_MS));
  }

  /** Makes a call, unless the provider is closed: then throws `ProviderClosed`. Errors must be explained ones already. */
  async pass<T>(call: () => Promise<T>): Promise<T> {
    this.assertOpen(Date.now());
    try {
      return await this.breaker.execute(call);
    } catch (error) {
      if (!(error instanceof RetryLater)) throw error;
      if (Date.now() + error.delayMs > this.closedUntil + SAME_MS) this.tellOthers(error.delayMs);
      this.closeFor(error.delayMs);
      throw new ProviderClosed(error.message, this.spread(error.delayMs), { cause: error });
    }
  }

  /** The provider asked to be left alone for so long, here or elsewhere. */
  closeFor(ms: number): void {
    this.closedUntil = Math.max(this.closedUntil, Date.now() + ms);
  }

  private assertOpen(now: number): void {
    if (this.closedUntil > now) this.refuse('asked not to be called', this.closedUntil - now);
    const { state } = this.breaker;
    if (state === CircuitState.Open && this.restsUntil > now) this.refuse('keeps failing', this.restsUntil - now);
    if (state === CircuitState.HalfOpen) this.refuse('is being tried by another run', PROBE_MS);
  }

  private refuse(why: string, forMs: number): never {
    const message = `The model provider ${this.provider} ${why}; it is asked again in ${Math.ceil(forMs / 1_000)} s.`;
    throw new ProviderClosed(message, this.spread(forMs));
  }

  private spread(ms: number): number {
    return ms + Math.ceil(ms * SPREAD * this.random());
  }
}
