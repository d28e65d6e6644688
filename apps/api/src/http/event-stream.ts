import type { PassThrough } from 'node:stream';
import { ReflexError } from '@reflex/core';
import type { StreamLimits } from './event-streams';

/** When a client comes back after its connection broke, in milliseconds; browsers do so by themselves. */
const RETRY_MS = 1_000;

export interface ServerSentEvent {
  /** What a client sends as `Last-Event-ID` when it comes back. */
  id: string;
  event: string;
  data: unknown;
}

/** One open answer. Whoever writes to it asks first whether it is ready; a client that does not read is closed. */
export class EventStream {
  private readonly timer: NodeJS.Timeout;
  private fullTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly body: PassThrough,
    private readonly limits: StreamLimits,
    private readonly stillAllowed: () => Promise<unknown>,
  ) {
    // Without a listener an error would end the process; the connection is gone in any case.
    body.on('error', () => undefined);
    body.on('drain', () => {
      clearTimeout(this.fullTimer);
      this.fullTimer = undefined;
    });
    body.on('close', () => {
      clearInterval(this.timer);
      clearTimeout(this.fullTimer);
    });
    this.timer = setInterval(() => void this.stayAlive(), limits.aliveEveryMs).unref();
    this.write(`retry: ${RETRY_MS}\n\n`);
  }

  get ready(): boolean {
    return this.body.writable && !this.body.writableNeedDrain;
  }

  onReady(listener: () => void): void {
    this.body.on('drain', listener);
  }

  onClose(listener: () => void): void {
    this.body.once('close', listener);
  }

  send({ id, event, data }: ServerSentEvent): void {
    this.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    this.body.end();
  }

  private write(text: string): void {
    if (!this.body.writable || this.body.write(text)) return;
    this.fullTimer ??= setTimeout(() => this.body.destroy(), this.limits.patienceMs).unref();
  }

  // A line that is no event, so that proxies keep the connection and a client that is gone is noticed.
  private async stayAlive(): Promise<void> {
    try {
      await this.stillAllowed();
      if (this.ready) this.write(': alive\n\n');
    } catch (error) {
      // An outage is no reason to turn everybody away who was let in.
      if (error instanceof ReflexError && error.status < 500) this.end();
    }
  }
}
