import { Injectable, Optional, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorFunction,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { EventStore, type StoreStats } from '@reflex/event-store';
import { TriggerWorker } from '@reflex/triggers';
import { HealthOptions } from './health-options';
import { reportOf, type HealthReport } from './health-report';

/** Judges the service by what its database tells: not only whether this process lives, but whether work gets done. */
@Injectable()
export class ServiceHealth {
  private cached: { stats: Promise<StoreStats>; readAt: number } | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly options: HealthOptions,
    @Optional() private readonly worker?: TriggerWorker,
  ) {}

  /** Whether requests can be served: the database answers and the process is not on its way out. */
  async ready(): Promise<HealthReport> {
    return this.check([this.database(await this.stats())]);
  }

  async detailed(): Promise<HealthReport> {
    const stats = await this.stats();
    if (stats === null) return this.check([this.database(stats)]);
    return this.check([
      this.database(stats),
      ...this.ownWorker(),
      this.workers(stats),
      this.notifications(stats),
      this.stuck(stats),
      this.queue(stats),
      this.deadLetters(stats),
      this.transactions(stats),
      this.history(stats),
    ]);
  }

  private database(stats: StoreStats | null): HealthIndicatorResult {
    const database = this.indicators.check('database');
    return stats ? database.up() : database.down('The database does not answer. Check that PostgreSQL runs.');
  }

  private ownWorker(): HealthIndicatorResult[] {
    if (!this.options.works || !this.worker) return [];
    const own = this.indicators.check('own_worker');
    const figures = { in_work: this.worker.inWork };
    if (this.worker.ready) return [own.up(figures)];
    return [
      own.down({ ...figures, message: 'This process claims no events. Its log says why; restart it if it stays so.' }),
    ];
  }

  private workers({ liveWorkers }: StoreStats): HealthIndicatorResult {
    const workers = this.indicators.check('workers');
    if (liveWorkers > 0) return workers.up({ live: liveWorkers });
    return workers.down({
      live: 0,
      message: 'No worker is alive, so events wait. Start one with ROLE=worker or ROLE=all.',
    });
  }

  private notifications({ notify, notifyQueueUsage }: StoreStats): HealthIndicatorResult {
    const notifications = this.indicators.check('notifications');
    const figures = { queue_usage: notifyQueueUsage };
    if (notifyQueueUsage >= this.options.fullNotifyQueue) {
      return notifications.degraded({
        ...figures,
        message: 'The queue of notifications fills up: a session that listens sits in a transaction. End that session.',
      });
    }
    if (notify) return notifications.up(figures);
    return notifications.degraded({
      ...figures,
      message: 'The notification channel is down. Work is found by polling until it is back.',
    });
  }

  private stuck({ stuck }: StoreStats): HealthIndicatorResult {
    const indicator = this.indicators.check('stuck');
    if (stuck === 0) return indicator.up({ deliveries: 0 });
    return indicator.degraded({
      deliveries: stuck,
      message: 'Held by processes that died; others take them over soon.',
    });
  }

  private queue({ pending, processing, scheduled, parked, oldestPendingSeconds }: StoreStats): HealthIndicatorResult {
    const queue = this.indicators.check('queue');
    const figures = { pending, processing, scheduled, parked, oldest_pending_seconds: oldestPendingSeconds };
    if (pending >= this.options.longQueue) {
      return queue.degraded({ ...figures, message: 'Many deliveries wait. Start more workers.' });
    }
    if ((oldestPendingSeconds ?? 0) >= this.options.oldSeconds) {
      return queue.degraded({ ...figures, message: 'A delivery waits for long. Is its trigger paused or overloaded?' });
    }
    return queue.up(figures);
  }

  private deadLetters({ deadLetters }: StoreStats): HealthIndicatorResult {
    const indicator = this.indicators.check('dead_letters');
    if (deadLetters < this.options.manyDeadLetters) return indicator.up({ count: deadLetters });
    return indicator.degraded({ count: deadLetters, message: 'Many deliveries gave up. Look at GET /events/dlq.' });
  }

  private transactions({ oldestTransactionSeconds }: StoreStats): HealthIndicatorResult {
    const transactions = this.indicators.check('transactions');
    const figures = { oldest_seconds: oldestTransactionSeconds };
    if ((oldestTransactionSeconds ?? 0) < this.options.oldTransactionSeconds) return transactions.up(figures);
    return transactions.degraded({
      ...figures,
      message: 'A transaction is open for long. Deleted rows pile up behind it and slow down all work: end it.',
    });
  }

  private history({ partitionDaysAhead }: StoreStats): HealthIndicatorResult {
    const history = this.indicators.check('history');
    const figures = { partition_days_ahead: partitionDaysAhead };
    if (partitionDaysAhead >= this.options.partitionDays) return history.up(figures);
    return history.degraded({
      ...figures,
      message: 'The log runs out of partitions. Run a worker, and look for warnings of its sweeps.',
    });
  }

  private async check(results: HealthIndicatorResult[]): Promise<HealthReport> {
    try {
      return reportOf(
        await this.checks.check(
          results.map(
            (result): HealthIndicatorFunction =>
              () =>
                result,
          ),
        ),
      );
    } catch (error) {
      if (error instanceof ServiceUnavailableException) return reportOf(error.getResponse() as HealthCheckResult);
      throw error;
    }
  }

  /** `null` when the database does not answer in time. */
  private async stats(): Promise<StoreStats | null> {
    const now = performance.now();
    if (!this.cached || now - this.cached.readAt > this.options.cacheMs) {
      this.cached = { stats: this.store.stats(), readAt: now };
    }
    const { promise: late, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(() => resolve(null), this.options.databaseTimeoutMs);
    try {
      return await Promise.race([this.cached.stats.catch(() => null), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
