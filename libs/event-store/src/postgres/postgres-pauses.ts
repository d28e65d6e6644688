import { Logger } from '@nestjs/common';
import { Pauses } from '@reflex/core';
import type { Pool } from 'pg';
import { reachable } from './outage';
import { PAUSE, PAUSES } from './pause-queries';

/** While no notification tells of a pause, the table does. */
const POLL_MS = 1_000;

/** Written where one process is asked, read where the others hear of it; whoever asks whether there is a pause asks memory. */
export class PostgresPauses extends Pauses {
  private readonly logger = new Logger('Pauses');
  private readonly listeners = new Set<(name: string, forMs: number) => void>();
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | null = null;
  private isStale = false;

  constructor(
    private readonly pool: Pool,
    private readonly tellOthers: () => void,
    private readonly isTold: () => boolean,
  ) {
    super();
  }

  async ask(name: string, forMs: number): Promise<void> {
    await reachable(() => this.pool.query(PAUSE, [name, forMs]));
    this.tellOthers();
  }

  async onPaused(listener: (name: string, forMs: number) => void): Promise<() => void> {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => {
      if (!this.isTold()) void this.read();
    }, POLL_MS).unref();
    await this.read();
    return () => this.listeners.delete(listener);
  }

  /** Looks, and tells this process. */
  async read(): Promise<void> {
    if (this.listeners.size === 0) return;
    this.isStale = true;
    this.reading ??= this.readAll().finally(() => (this.reading = null));
    await this.reading;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.listeners.clear();
    await this.reading;
  }

  private async readAll(): Promise<void> {
    while (this.isStale) {
      this.isStale = false;
      await this.readOnce();
    }
  }

  private async readOnce(): Promise<void> {
    try {
      const { rows } = await this.pool.query<{ name: string; left_ms: number }>(PAUSES);
      for (const { name, left_ms: leftMs } of rows) for (const tell of this.listeners) tell(name, leftMs);
    } catch (error) {
      // Then this process learns of a pause when it is asked itself.
      this.logger.debug(`The pauses could not be read: ${String(error)}`);
    }
  }
}
