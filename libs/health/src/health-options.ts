import { ConfigurableModuleBuilder } from '@nestjs/common';

/** What is expected, and from where on the service counts as degraded: it still works, but somebody should look. */
export abstract class HealthOptions {
  /** This process is to work on events, if it has a worker. */
  abstract readonly works: boolean;
  /** Deliveries that wait. */
  abstract readonly longQueue: number;
  /** Seconds that the oldest of them has waited. */
  abstract readonly oldSeconds: number;
  abstract readonly manyDeadLetters: number;
  /** Seconds that a transaction may be open before it is in the way of cleaning up. */
  abstract readonly oldTransactionSeconds: number;
  /** 0 to 1. */
  abstract readonly fullNotifyQueue: number;
  /** Days to come of which the log must have its partitions. */
  abstract readonly partitionDays: number;
  /** Within which the database must answer. */
  abstract readonly databaseTimeoutMs: number;
  /** How long an answer of the database is good for, so that many probes cost no more than one. */
  abstract readonly cacheMs: number;
}

export const DEFAULT_HEALTH_OPTIONS = {
  works: true,
  longQueue: 10_000,
  oldSeconds: 60,
  manyDeadLetters: 100,
  oldTransactionSeconds: 30,
  fullNotifyQueue: 0.1,
  partitionDays: 3,
  databaseTimeoutMs: 3_000,
  cacheMs: 500,
};

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<Partial<HealthOptions>>({
  moduleName: 'Health',
})
  .setClassMethodName('forRoot')
  .build();
