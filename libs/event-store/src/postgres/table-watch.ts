/** While no notification tells of a change, the table does. */
const POLL_MS = 1_000;

/** Keeps this process up to date with a small table: reads it at the start, when told to, and every second while nobody would tell. */
export class TableWatch {
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | null = null;
  private isStale = false;
  private hasFailed = false;

  constructor(
    private readonly readOnce: () => Promise<void>,
    private readonly isTold: () => boolean,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  async start(): Promise<void> {
    this.timer ??= setInterval(() => {
      if (this.hasFailed || !this.isTold()) void this.read();
    }, POLL_MS).unref();
    await this.read();
  }

  /** Answers when what was written before it was called has been read; does nothing unless started. */
  async read(): Promise<void> {
    if (!this.timer) return;
    this.isStale = true;
    this.reading ??= this.readAll();
    await this.reading;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.reading;
  }

  private async readAll(): Promise<void> {
    while (this.isStale) {
      this.isStale = false;
      try {
        await this.readOnce();
        this.hasFailed = false;
      } catch (error) {
        if (!this.hasFailed) this.onFailure(error);
        this.hasFailed = true;
      }
    }
    this.reading = null;
  }
}
