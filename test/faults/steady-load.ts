import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore } from '@reflex/event-store';
import { percentile } from './scene';
import type { AnyWork } from './work-events';

export interface LoadFigures {
  published: number;
  errors: string[];
  p50: number;
  p99: number;
  max: number;
}

/** Publishers that send one event after the other, each with a short pause, until they are told to stop. */
export class SteadyLoad {
  readonly ids: string[] = [];
  private readonly took: number[] = [];
  private readonly errors: string[] = [];
  private stopped = false;
  private readonly loops: Promise<void>[];

  constructor(
    private readonly store: EventStore,
    private readonly make: (n: number) => AnyWork,
    { publishers = 8, pauseMs = 15 } = {},
  ) {
    this.loops = Array.from({ length: publishers }, () => this.publish(pauseMs));
  }

  /** Waits for what is under way. */
  async stop(): Promise<LoadFigures> {
    this.stopped = true;
    await Promise.all(this.loops);
    const sorted = this.took.toSorted((a, b) => a - b);
    return {
      published: this.ids.length,
      errors: this.errors,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      max: sorted.at(-1)!,
    };
  }

  private async publish(pauseMs: number): Promise<void> {
    while (!this.stopped) {
      const startedAt = performance.now();
      try {
        const [stored] = await this.store.publish(this.make(this.took.length));
        this.ids.push(stored!.id);
      } catch (error) {
        this.errors.push(String(error));
      }
      this.took.push(performance.now() - startedAt);
      await delay(pauseMs);
    }
  }
}
