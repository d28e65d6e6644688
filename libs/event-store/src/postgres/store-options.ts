import type { DataSourceOptions } from 'typeorm';
import type { BacklogBounds } from '../backlog';
import type { MasterKey } from '../vault/master-keys';

export interface PostgresStoreOptions {
  /** `postgresql://user:password@host:port/database` */
  url: string;
  /** Most connections of the pool; one more listens and one more beats. Default 10. */
  poolSize?: number;
  /** Deployments of one app share their triggers; default `api`. */
  app?: string;
  /** A process that has not beaten for so long loses its deliveries. Default 20,000 ms. */
  leaseMs?: number;
  /** A trigger that no live worker of the app has had in its code for so long is retired. Default 300,000 ms. */
  retireAfterMs?: number;
  /** Most deliveries of one scope that are handed over in one claim. Default 16. */
  runLength?: number;
  /** Most accumulated events that a decision context keeps. Default 1,000. */
  contextEvents?: number;
  /** Days of history. Default 30 for events and runs, 7 for idempotency keys, an hour for what runs tell while they go on. */
  retention?: { events?: number; runs?: number; keys?: number; streams?: number };
  /** Send and hear notifications; without them work is found by polling alone. Default true. */
  notify?: boolean;
  /** Most events that wait for a flush before publishing answers `StoreOverloaded`. Default 20,000. */
  queueLimit?: number;
  /** The same for those that, behind thousands, would likely wait longer than this. Default 500 ms. */
  queueMs?: number;
  /** What stored secrets are sealed with: the first seals, all of them open. Without any, none can be stored. */
  secretKeys?: readonly MasterKey[];
  /** What may wait before clients are refused; without it nobody looks, and no client is refused. */
  quota?: BacklogBounds;
  /** The owner's own tables and migrations, beside the store's. */
  entities?: DataSourceOptions['entities'];
  migrations?: DataSourceOptions['migrations'];
}

export type ResolvedStoreOptions = Required<
  Omit<PostgresStoreOptions, 'entities' | 'migrations' | 'quota' | 'retention'>
> & {
  retention: { events: number; runs: number; keys: number; streams: number };
};

/** Fills in the defaults. */
export function resolveStoreOptions(options: PostgresStoreOptions): ResolvedStoreOptions {
  return {
    url: options.url,
    poolSize: options.poolSize ?? 10,
    app: options.app ?? 'api',
    leaseMs: options.leaseMs ?? 20_000,
    retireAfterMs: options.retireAfterMs ?? 300_000,
    runLength: options.runLength ?? 16,
    contextEvents: options.contextEvents ?? 1_000,
    retention: { events: 30, runs: 30, keys: 7, streams: 1 / 24, ...options.retention },
    notify: options.notify ?? true,
    queueLimit: options.queueLimit ?? 20_000,
    queueMs: options.queueMs ?? 500,
    secretKeys: options.secretKeys ?? [],
  };
}
