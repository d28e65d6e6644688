/** Counts what is under way, and tells when nothing is. */
export class UnderWay {
  private count = 0;
  private waiting: (() => void)[] | null = null;

  get size(): number {
    return this.count;
  }

  begin(): void {
    this.count += 1;
  }

  end(): void {
    this.count -= 1;
    if (this.count > 0 || !this.waiting) return;
    const { waiting } = this;
    this.waiting = null;
    for (const wake of waiting) wake();
  }

  /** Resolves once nothing is. */
  async idle(): Promise<void> {
    while (this.count > 0) await new Promise<void>((resolve) => (this.waiting ??= []).push(resolve));
  }
}
