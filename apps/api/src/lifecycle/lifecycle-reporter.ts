import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { TokenBucket } from '@reflex/core';
import { EventStore } from '@reflex/event-store';
import { Lifecycle } from '@reflex/events';
import { SETTINGS, type Settings } from '../settings';

const SOURCE = 'lifecycle:api';
const MAX_DETAILS = 500;
// A trigger on these events may itself fail outside of its handler, which makes one again: few are enough to know.
const ERRORS_PER_MINUTE = 10;

/** Publishes what becomes of this process, so that triggers can react to it. Failing to must not make it worse. */
@Injectable()
export class LifecycleReporter implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Lifecycle');
  private readonly errors = new TokenBucket(ERRORS_PER_MINUTE, ERRORS_PER_MINUTE / 60_000, performance.now());
  private isStarted = false;

  constructor(
    private readonly store: EventStore,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async started(): Promise<void> {
    this.isStarted = true;
    await this.publish('started', this.name());
  }

  /** Before the workers drain and the pool closes. */
  async beforeApplicationShutdown(signal?: string): Promise<void> {
    if (this.isStarted) await this.publish('stopped', signal ? `${this.name()}, ${signal}` : this.name());
  }

  async error(error: unknown): Promise<void> {
    this.logger.error(error);
    if (this.errors.take(performance.now()) > 0) return;
    // The message only: a stack tells nothing to a trigger, and more than enough to whoever reads its answer.
    await this.publish('error', error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }

  private name(): string {
    return `role ${this.settings.role}, process ${process.pid}`;
  }

  private async publish(action: Lifecycle['action'], details: string): Promise<void> {
    try {
      await this.store.publish(Lifecycle.of({ source: SOURCE, action, details: details.slice(0, MAX_DETAILS) }));
    } catch (error) {
      this.logger.warn(`The event "lifecycle ${action}" could not be stored: ${String(error)}`);
    }
  }
}
