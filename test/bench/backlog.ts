import { type EventStore, openPostgresStore } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { TriggerRegistry } from '@reflex/triggers';
import { BenchEvent } from './sides/bench-event';
import { payload } from './sides/payload';

const BATCH = 1_000;
const SLOTS = 64;

export interface BacklogOptions {
  databaseUrl: string;
  /** Deliveries that wait all the time. */
  waiting: number;
  /** Scopes that they fall into; `null` without scopes. */
  accounts: number | null;
}

/** A store with a long queue, for measuring what a single claim takes. */
export class Backlog {
  private number = 0;

  private constructor(
    private readonly store: EventStore & { close(): Promise<void> },
    private readonly triggerId: number,
    private readonly options: BacklogOptions,
  ) {}

  static async open(options: BacklogOptions): Promise<Backlog> {
    const store = await openPostgresStore({ url: options.databaseUrl, app: 'bench' });
    const triggers = new TriggerRegistry(new EventRegistry().register([BenchEvent])).add({
      name: 'bench',
      on: BenchEvent,
      scope: options.accounts === null ? undefined : 'account',
      handle: () => undefined,
    });
    const [trigger] = await store.registerTriggers(triggers.all().map(({ definition }) => definition));
    await store.openLease();
    const backlog = new Backlog(store, trigger!.id, options);
    for (let filled = 0; filled < options.waiting; filled += BATCH) {
      await backlog.publish(Math.min(BATCH, options.waiting - filled), options.accounts ?? 1_000);
    }
    return backlog;
  }

  /** Fills one more scope than there are, so that it alone is long. */
  async heat(events: number): Promise<void> {
    for (let filled = 0; filled < events; filled += BATCH) await this.publish(BATCH, 1);
  }

  /** The 99th percentile of claims of 64 slots, in milliseconds; what is claimed is settled and published again. */
  async claimP99(claims: number): Promise<number> {
    const took: number[] = [];
    for (let index = 0; index < claims; index += 1) {
      const begin = performance.now();
      const { runs } = await this.store.claim([{ triggerId: this.triggerId, slots: SLOTS }]);
      took.push(performance.now() - begin);
      const deliveries = runs.flat();
      if (deliveries.length === 0) throw new Error('Nothing could be claimed although much waits.');
      const run = { startedAt: new Date(), durationMs: 0 };
      await Promise.all(deliveries.map((delivery) => this.store.settle({ delivery, outcome: 'completed', run })));
      await this.publish(deliveries.length, this.options.accounts ?? 1_000);
    }
    return took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)]!;
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private async publish(count: number, accounts: number): Promise<void> {
    const events = Array.from({ length: count }, () => BenchEvent.of(payload((this.number += 1), accounts)));
    await this.store.publish(events);
  }
}
