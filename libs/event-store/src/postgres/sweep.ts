/** A small service that does one thing again and again: `runOnce` for tests, `start` and `stop` for the process. */
export class Sweep {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private dueAt = Infinity;
  private stopped = true;

  constructor(
    private readonly everyMs: number,
    /** May answer in how many milliseconds it wants to run again, if sooner. */
    readonly runOnce: () => Promise<number | null | void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.stopped = false;
    this.within(0);
  }

  /** Runs no later than in so many milliseconds. */
  within(delayMs: number): void {
    const at = performance.now() + delayMs;
    if (this.stopped || at >= this.dueAt) return;
    this.dueAt = at;
    if (!this.running) this.arm();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer ?? undefined);
    this.dueAt = Infinity;
    await this.running;
  }

  private arm(): void {
    clearTimeout(this.timer ?? undefined);
    this.timer = setTimeout(
      () => {
        this.running = this.run();
      },
      Math.max(0, this.dueAt - performance.now()),
    );
  }

  private async run(): Promise<void> {
    this.dueAt = Infinity;
    let wish: number | null | void = null;
    try {
      wish = await this.runOnce();
    } catch (error) {
      this.onError(error);
    }
    this.running = null;
    if (this.stopped) return;
    // Replicas that started together must not sweep together for ever.
    const regular = this.everyMs * (0.8 + Math.random() * 0.4);
    this.dueAt = Math.min(this.dueAt, performance.now() + Math.min(regular, Math.max(wish ?? regular, 1)));
    this.arm();
  }
}
