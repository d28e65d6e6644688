import type { EventStore, StoreStats } from '@reflex/event-store';
import { Gauge, type Registry } from 'prom-client';

/** What the store tells of itself. */
const FIGURES: Record<string, [help: string, value: (stats: StoreStats) => number]> = {
  reflex_dead_letters: ['Dead letters, counted up to 10,000.', (stats) => stats.deadLetters],
  reflex_oldest_pending_seconds: ['Age of the oldest claimable delivery.', (stats) => stats.oldestPendingSeconds ?? 0],
  reflex_stuck_deliveries: ['Deliveries held by processes that no longer beat.', (stats) => stats.stuck],
  reflex_live_workers: ['Processes that work, all replicas together.', (stats) => stats.liveWorkers],
  reflex_notify_healthy: [
    '1 while this process hears notifications, 0 while it polls.',
    (stats) => Number(stats.notify),
  ],
  reflex_notify_queue_usage: ['How full the notification queue is, 0 to 1.', (stats) => stats.notifyQueueUsage],
  reflex_oldest_transaction_seconds: [
    'Age of the oldest transaction that keeps deleted rows from being cleaned up.',
    (stats) => stats.oldestTransactionSeconds ?? 0,
  ],
  reflex_partition_days_ahead: [
    'Days to come of which the log has its partitions.',
    (stats) => stats.partitionDaysAhead,
  ],
};

const STATES = ['pending', 'processing', 'scheduled', 'parked'] as const;

/** Gauges of the store; read from it once per scrape. Without an answer all of them are missing but `reflex_store_up`. */
export function storeGauges(registry: Registry, store: EventStore): void {
  // A scrape asks all gauges at once: those that come while the store is being read share its answer.
  let reading: Promise<StoreStats | null> | null = null;
  const read = () => {
    reading ??= store
      .stats()
      .catch(() => null)
      .finally(() => (reading = null));
    return reading;
  };
  const add = (
    name: string,
    help: string,
    set: (gauge: Gauge, stats: StoreStats | null) => void,
    ...labelNames: string[]
  ) =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames,
        registers: [],
        async collect() {
          const stats = await read();
          // What the last scrape told is gone, also when nothing takes its place.
          if (labelNames.length > 0) this.reset();
          else this.remove();
          set(this, stats);
        },
      }),
    );

  for (const [name, [help, value]] of Object.entries(FIGURES)) {
    add(name, help, (gauge, stats) => stats && gauge.set(value(stats)));
  }
  const states = 'Live deliveries by state, each counted up to 10,000.';
  add(
    'reflex_deliveries',
    states,
    (gauge, stats) => stats && STATES.forEach((state) => gauge.set({ state }, stats[state])),
    'state',
  );
  add('reflex_store_up', '1 while the database answers.', (gauge, stats) => gauge.set(stats ? 1 : 0));
}
