import { DataSource, MigrationExecutor, type DataSourceOptions, type EntityManager } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import type { Pool } from 'pg';
import { DatabaseUnreachable, SchemaTooNew } from '../errors';
import { ENTITIES } from './entities';
import { MIGRATIONS } from './migrations';
import { isOutage } from './outage';
import type { PostgresStoreOptions } from './store-options';

const MIGRATIONS_TABLE = 'reflex_migrations';
const MIGRATIONS_PATH = `public.${MIGRATIONS_TABLE}`;

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
      max: options.poolSize ?? 10,
      connectionTimeoutMillis: 5_000,
      // A connection that died without a word must not hold its caller for ever.
      query_timeout: 60_000,
      keepAlive: true,
      application_name: `reflex:${options.app ?? 'api'}`,
    },
  };
}

/** Connects and brings the schema up to date; replicas that start together take turns. */
export async function connect(options: DataSourceOptions): Promise<DataSource> {
  const dataSource = new DataSource(options);
  try {
    await dataSource.initialize();
  } catch (error) {
    if (isOutage(error) || /password|does not exist|no pg_hba/.test(String(error))) {
      throw new DatabaseUnreachable(addressOf(options), error);
    }
    throw error;
  }
  try {
    await migrate(dataSource);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return dataSource;
}

/** The one pool of the process, shared with TypeORM. */
export function poolOf(dataSource: DataSource): Pool {
  return (dataSource.driver as PostgresDriver).master as Pool;
}

/** Rows of a statement run inside the caller's transaction. */
export async function queryIn<Row>(manager: EntityManager, text: string, values: unknown[]): Promise<Row[]> {
  return manager.query<Row[]>(text, values);
}

async function migrate(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query(`select pg_advisory_lock(hashtext('reflex.migrate'))`);
    try {
      await refuseNewerSchema(dataSource, runner.manager);
      const migrations = new MigrationExecutor(dataSource, runner);
      migrations.transaction = 'each';
      await migrations.executePendingMigrations();
      await runner.query('select reflex.make_partitions(7)');
    } finally {
      await runner.query(`select pg_advisory_unlock(hashtext('reflex.migrate'))`);
    }
  } finally {
    await runner.release();
  }
}

async function refuseNewerSchema(dataSource: DataSource, manager: EntityManager): Promise<void> {
  const [present] = await queryIn<{ there: boolean }>(manager, 'select to_regclass($1) is not null as there', [
    MIGRATIONS_PATH,
  ]);
  if (!present?.there) return;
  const known = new Set(dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name));
  const applied = await queryIn<{ name: string }>(manager, `select name from ${MIGRATIONS_PATH} order by id`, []);
  const unknown = applied.map((row) => row.name).filter((name) => !known.has(name));
  if (unknown.length > 0) throw new SchemaTooNew(unknown);
}

// Host, port and database: never the user or the password.
function addressOf(options: DataSourceOptions): string {
  const url = 'url' in options ? options.url : undefined;
  if (!url || !URL.canParse(url)) return 'DATABASE_URL';
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
