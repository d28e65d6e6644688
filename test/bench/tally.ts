/** Counts handled events and tells when enough were. */
export class Tally {
  private count = 0;
  private goal = Infinity;
  private resolve: (() => void) | null = null;
  firstAt = 0;
  lastAt = 0;

  add(): void {
    this.count += 1;
    if (this.count === 1) this.firstAt = performance.now();
    if (this.count === this.goal) this.finish();
  }

  /** Resolves with the handler that makes the count full. Handled twice would end too early, and leave some behind. */
  reaches(goal: number): Promise<void> {
    return new Promise((resolve) => {
      this.goal = goal;
      this.resolve = resolve;
      if (this.count >= goal) this.finish();
    });
  }

  reset(): void {
    this.count = 0;
    this.goal = Infinity;
  }

  private finish(): void {
    this.lastAt = performance.now();
    this.resolve?.();
  }
}
