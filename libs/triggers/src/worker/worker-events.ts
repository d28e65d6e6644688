import type { EventEmitter } from 'node:events';
import type { Delivery, RunOutcome, Settlement } from '@reflex/event-store';

/** The life of a worker, for logs, metrics and tests. */
export interface WorkerEvents {
  /** A claim brought work. */
  claimed: [claim: { runs: number; deliveries: number }];
  /** A handler starts. */
  started: [delivery: Delivery];
  /** An outcome is committed, whichever. */
  settled: [settlement: Settlement];
  /** An attempt failed and will be repeated. */
  failed: [settlement: Settlement];
  deadLettered: [settlement: Settlement];
  /** Deliveries were given back untouched. */
  released: [deliveries: readonly Delivery[]];
  /** The outcome came too late: another worker has the delivery. */
  stale: [delivery: Delivery, outcome: RunOutcome];
  /** Everything that could be claimed is done. */
  idle: [];
  /** This process could not renew its lease in time; handlers were aborted, their outcomes dropped. */
  leaseLost: [];
  /** The store did not do what was asked; it is tried again. */
  storeError: [error: unknown];
  /** Shutdown: nothing is claimed any more. */
  draining: [handlers: number];
  /** Shutdown: nothing is in work any more. */
  drained: [];
}

export type WorkerEmitter = EventEmitter<WorkerEvents>;
