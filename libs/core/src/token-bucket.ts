/** Lets `capacity` through at once and then one more every 1/`perMs` milliseconds. Time comes in from the caller. */
export class TokenBucket {
  private tokens: number;
  private refilledAt: number;

  constructor(
    private readonly capacity: number,
    /** Tokens that come back per millisecond. */
    private readonly perMs: number,
    now: number,
  ) {
    this.tokens = capacity;
    this.refilledAt = now;
  }

  /** Takes one token: 0 when there was one, otherwise the milliseconds until there is. */
  take(now: number): number {
    this.refill(now);
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    return Math.ceil((1 - this.tokens) / this.perMs);
  }

  /** Takes what others took from the same allowance: at most `tokens` are left; below 0 there is a debt to wait for. */
  lower(tokens: number, now: number): void {
    this.refill(now);
    this.tokens = Math.min(this.tokens, tokens);
  }

  /** Tokens left, of the capacity. */
  left(now: number): number {
    this.refill(now);
    return this.tokens;
  }

  /** A full bucket says nothing of its owner, so it can be forgotten. */
  isFull(now: number): boolean {
    this.refill(now);
    return this.tokens >= this.capacity;
  }

  private refill(now: number): void {
    const elapsed = Math.max(0, now - this.refilledAt);
    this.tokens = Math.min(this.capacity, this.tokens + elapsed * this.perMs);
    this.refilledAt = now;
  }
}
