import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { EventStore } from '@reflex/event-store';

const LOOK_EVERY_MS = 5_000;
const SHORTEST_WAIT_MS = 5;
const AFTER_FAILURE_MS = 1_000;

/**
 * Takes the steps of operations: retries of many dead letters, and replays. Steps are safe to take by several processes at once, so that this one
 * also goes on with what an ended process has left.
 */
@Injectable()
export class OperationDriver implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(OperationDriver.name);
  private readonly driven = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private looking: Promise<void> | undefined;

  constructor(private readonly store: EventStore) {}

  onApplicationBootstrap(): void {
    this.looking = this.look();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.looking, ...this.driven.values()]);
  }

  /** Resolves when the operation has ended or this process stops; never rejects. */
  drive(operationId: string): Promise<void> {
    const known = this.driven.get(operationId);
    if (known) return known;
    const driving = this.takeSteps(operationId).finally(() => this.driven.delete(operationId));
    this.driven.set(operationId, driving);
    return driving;
  }

  /** Goes on with operations that nobody drives any more. */
  async runOnce(): Promise<void> {
    for (const id of await this.store.operations.abandoned()) void this.drive(id);
  }

  private async look(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.runOnce().catch((error: unknown) => this.complain(error));
      await this.pause(LOOK_EVERY_MS);
    }
  }

  private async takeSteps(operationId: string): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const { nextInMs } = await this.store.operations.advance(operationId);
        if (nextInMs === null) return;
        await this.pause(Math.max(nextInMs, SHORTEST_WAIT_MS));
      } catch (error) {
        this.complain(error);
        await this.pause(AFTER_FAILURE_MS);
      }
    }
  }

  private complain(error: unknown): void {
    this.logger.warn(`An operation waits a moment and goes on: ${String(error)}`);
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
