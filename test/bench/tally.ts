/** Counts handled events and tells when enough were. */
export class Tally {
  private count = 0;
  private goal = Infinity;
  private resolve: (() => void) | null = null;
  firstAt = 0;
  lastAt = 0;

  /** How many so far. */
  get handled(): number {
    return this.count;
  }

  add(): void {
    this.count += 1;
    this.lastAt = performance.now();
    if (this.count === 1) this.firstAt = this.lastAt;
    if (this.count === this.goal) this.resolve?.();
  }

  /** Resolves with the handler that makes the count full. Handled twice would end too early, and leave some behind. */
  reaches(goal: number): Promise<void> {
    return new Promise((resolve) => {
      this.goal = goal;
      this.resolve = resolve;
      if (this.count >= goal) resolve();
    });
  }

  reset(): void {
    this.count = 0;
    this.goal = Infinity;
  }
}
