import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import type { Pool } from 'pg';
import { DatabaseUnreachable } from '../errors';
import { ENTITIES } from './entities';
import { MIGRATIONS } from './migrations';
import { migrate, MIGRATIONS_TABLE } from './migrate';
import { isOutage } from './outage';
import { PoolClient } from './pool-client';
import type { PostgresStoreOptions } from './store-options';

export function dataSourceOptions(options: PostgresStoreOptions): DataSourceOptions {
  return {
    type: 'postgres',
    url: options.url,
    entities: [...ENTITIES, ...Object.values(options.entities ?? {})],
    migrations: [...MIGRATIONS, ...Object.values(options.migrations ?? {})],
    migrationsTableName: MIGRATIONS_TABLE,
    // Said out loud, because a role named "reflex" has our schema as its default one.
    schema: 'public',
    // Statements hold payloads: they are never logged.
    logging: false,
    extra: {
      Client: PoolClient,
      max: options.poolSize ?? 10,
      connectionTimeoutMillis: 5_000,
      // A connection that died without a word must not hold its caller for ever.
      query_timeout: 60_000,
      keepAlive: true,
      application_name: `reflex:${options.app ?? 'api'}`,
    },
  };
}

/** Connects to a schema that is up to date: migrates first. */
export async function connect(options: DataSourceOptions, patienceMs?: number): Promise<DataSource> {
  await migrateFirst(options, patienceMs);
  const dataSource = new DataSource(options);
  await open(dataSource);
  return dataSource;
}

// On a connection of its own, since a migration may take longer than any statement of the service is given.
async function migrateFirst(options: DataSourceOptions, patienceMs?: number): Promise<void> {
  const { extra } = options as { extra?: object };
  const dataSource = new DataSource({ ...options, extra: { ...extra, max: 1, query_timeout: 0 } });
  await open(dataSource);
  try {
    await migrate(dataSource, patienceMs);
  } finally {
    await dataSource.destroy();
  }
}

async function open(dataSource: DataSource): Promise<void> {
  try {
    await dataSource.initialize();
  } catch (error) {
    if (isOutage(error) || /password|does not exist|no pg_hba/.test(String(error))) {
      throw new DatabaseUnreachable(addressOf(dataSource.options), error);
    }
    throw error;
  }
}

/** The one pool of the process, shared with TypeORM. */
export function poolOf(dataSource: DataSource): Pool {
  return (dataSource.driver as PostgresDriver).master as Pool;
}

/** Rows of a statement run inside the caller's transaction. */
export async function queryIn<Row>(manager: EntityManager, text: string, values: unknown[]): Promise<Row[]> {
  return manager.query<Row[]>(text, values);
}

// Host, port and database: never the user or the password.
function addressOf(options: DataSourceOptions): string {
  const url = 'url' in options ? options.url : undefined;
  if (!url || !URL.canParse(url)) return 'DATABASE_URL';
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
