import { Test } from '@nestjs/testing';
import { EventStore, type StoreStats } from '@reflex/event-store';
import { Global, Module } from '@nestjs/common';
import { TriggerWorker } from '@reflex/triggers';
import { HealthModule, ServiceHealth } from './index';

const QUIET: StoreStats = {
  pending: 0,
  processing: 0,
  scheduled: 0,
  parked: 0,
  deadLetters: 0,
  oldestPendingSeconds: null,
  stuck: 0,
  liveWorkers: 1,
  notify: true,
  notifyQueueUsage: 0,
  oldestTransactionSeconds: null,
  partitionDaysAhead: 7,
};

/** The judgement is ours, so the figures are given; that the store tells true ones is tested with the store. */
async function healthOf(stats: () => Promise<StoreStats>, worker?: { ready: boolean }): Promise<ServiceHealth> {
  @Global()
  @Module({
    providers: [
      { provide: EventStore, useValue: { stats } },
      { provide: TriggerWorker, useValue: worker && { inWork: 0, ...worker } },
    ],
    exports: [EventStore, TriggerWorker],
  })
  class Figures {}
  const options = { longQueue: 10, oldSeconds: 60, manyDeadLetters: 5, databaseTimeoutMs: 50, cacheMs: 0 };
  const module = await Test.createTestingModule({ imports: [Figures, HealthModule.forRoot(options)] }).compile();
  return module.get(ServiceHealth);
}

const given = (change: Partial<StoreStats>) => healthOf(() => Promise.resolve({ ...QUIET, ...change }));

describe('ServiceHealth', () => {
  it('is healthy when work gets done', async () => {
    const report = await (await given({})).detailed();

    expect(report.status).toBe('healthy');
    expect(Object.keys(report.indicators)).toEqual([
      'database',
      'workers',
      'notifications',
      'stuck',
      'queue',
      'dead_letters',
      'transactions',
      'history',
    ]);
  });

  it('D33: is unhealthy when no worker is alive', async () => {
    const health = await given({ liveWorkers: 0, pending: 3 });

    expect(await health.detailed()).toMatchObject({ status: 'unhealthy', indicators: { workers: { status: 'down' } } });
    expect((await health.ready()).status).toBe('healthy');
  });

  it.each([
    [true, 'healthy'],
    [false, 'unhealthy'],
  ])('D33: with a worker loop of its own that runs: %s, is %s', async (ready, status) => {
    const health = await healthOf(() => Promise.resolve(QUIET), { ready });

    expect((await health.detailed()).status).toBe(status);
    expect((await health.ready()).status).toBe('healthy');
  });

  it.each([
    ['D33: the queue is long', { pending: 10 }, 'queue'],
    ['D33: the oldest delivery is old', { pending: 1, oldestPendingSeconds: 61 }, 'queue'],
    ['D33: dead letters pile up', { deadLetters: 5 }, 'dead_letters'],
    ['D33: deliveries are stuck', { stuck: 1 }, 'stuck'],
    ['D33: the listener is down', { notify: false }, 'notifications'],
    ['the queue of notifications fills up', { notifyQueueUsage: 0.2 }, 'notifications'],
    ['a transaction is open for long', { oldestTransactionSeconds: 31 }, 'transactions'],
    ['the log runs out of partitions', { partitionDaysAhead: 2 }, 'history'],
  ])('is degraded when %s', async (_what, change, indicator) => {
    const report = await (await given(change)).detailed();

    expect(report).toMatchObject({
      status: 'degraded',
      indicators: { [indicator]: { status: 'degraded', message: expect.stringMatching(/\.|\?/) as string } },
    });
  });

  it('is unhealthy and not ready when the database fails', async () => {
    const health = await healthOf(() => Promise.reject(new Error('secret address')));

    expect((await health.ready()).status).toBe('unhealthy');
    expect(await health.detailed()).toMatchObject({
      status: 'unhealthy',
      indicators: { database: { status: 'down' } },
    });
    expect(JSON.stringify(await health.detailed())).not.toContain('secret');
  });

  it('does not wait for a database that hangs', async () => {
    const health = await healthOf(() => new Promise(() => undefined));

    expect((await health.ready()).status).toBe('unhealthy');
  });
});
