import { Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { EventStore, IngestQuota } from '@reflex/event-store';
import { TriggerWorker } from '@reflex/triggers';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { MetricsController } from './metrics.controller';
import { quotaMetrics } from './quota-metrics';
import { requestMetrics } from './request-metrics';
import { storeGauges } from './store-gauges';
import { workerMetrics } from './worker-metrics';

/** `GET /metrics`: one registry per application, so that tests may have several in a process. */
@Module({
  controllers: [MetricsController],
  providers: [
    {
      provide: Registry,
      inject: [EventStore, TriggerWorker, IngestQuota, HttpAdapterHost],
      useFactory: (store: EventStore, worker: TriggerWorker, quota: IngestQuota, { httpAdapter }: HttpAdapterHost) => {
        const registry = new Registry();
        collectDefaultMetrics({ register: registry });
        storeGauges(registry, store);
        workerMetrics(registry, worker);
        quotaMetrics(registry, quota);
        requestMetrics(registry, httpAdapter.getInstance<FastifyInstance>());
        return registry;
      },
    },
  ],
})
export class MetricsModule {}
