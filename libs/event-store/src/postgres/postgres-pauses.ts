import { Logger } from '@nestjs/common';
import { Pauses } from '@reflex/core';
import type { Pool } from 'pg';
import { reachable } from './outage';
import { PAUSE, PAUSES } from './pause-queries';
import { TableWatch } from './table-watch';

/** Written where one process is asked, read where the others hear of it; whoever asks whether there is a pause asks memory. */
export class PostgresPauses extends Pauses {
  private readonly logger = new Logger('Pauses');
  private readonly listeners = new Set<(name: string, forMs: number) => void>();
  private readonly watch: TableWatch;

  constructor(
    private readonly pool: Pool,
    private readonly tellOthers: () => void,
    isTold: () => boolean,
  ) {
    super();
    this.watch = new TableWatch(
      () => this.readOnce(),
      isTold,
      // Then this process learns of a pause when it is asked itself.
      (error) => this.logger.debug(`The pauses could not be read: ${String(error)}`),
    );
  }

  async ask(name: string, forMs: number): Promise<void> {
    await reachable(() => this.pool.query(PAUSE, [name, forMs]));
    this.tellOthers();
  }

  async onPaused(listener: (name: string, forMs: number) => void): Promise<() => void> {
    this.listeners.add(listener);
    await this.watch.start();
    return () => this.listeners.delete(listener);
  }

  /** Looks, and tells this process. */
  read(): Promise<void> {
    return this.watch.read();
  }

  async stop(): Promise<void> {
    this.listeners.clear();
    await this.watch.stop();
  }

  private async readOnce(): Promise<void> {
    const { rows } = await this.pool.query<{ name: string; left_ms: number }>(PAUSES);
    for (const { name, left_ms: leftMs } of rows) for (const tell of this.listeners) tell(name, leftMs);
  }
}
