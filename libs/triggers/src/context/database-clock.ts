/** The database's clock as this process sees it: its answer at a claim, plus what passed here since. Our own clock may be wrong. */
export class DatabaseClock {
  private readonly offsetMs: number;

  constructor(now: Date) {
    this.offsetMs = now.getTime() - performance.now();
  }

  nowMs(): number {
    return this.offsetMs + performance.now();
  }
}
