/** What a decision takes for now, in milliseconds since 1970: the database's clock, or in a rehearsal a virtual one. */
export interface StoreClock {
  nowMs(): number;
}

/** The database's clock as this process sees it: its answer at a claim, plus what passed here since. Our own clock may be wrong. */
export class DatabaseClock implements StoreClock {
  private readonly offsetMs: number;

  constructor(now: Date) {
    this.offsetMs = now.getTime() - performance.now();
  }

  nowMs(): number {
    return this.offsetMs + performance.now();
  }
}
