import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { MigrationExecutor, type DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { SchemaLocked, SchemaTooNew } from '../errors';
import { isLockTimeout } from './outage';

export const MIGRATIONS_TABLE = 'reflex_migrations';
const MIGRATIONS_PATH = `public.${MIGRATIONS_TABLE}`;
/** A migration waits no longer than this for a lock, since all others wait behind it, and asks again after a pause. */
const LOCK_TIMEOUT = '400ms';
const PAUSE_MS = 1_000;
const PATIENCE_MS = 30_000;

/**
 * Brings the schema up to date while others work on it; replicas that start together take turns. The locks and settings
 * of the data source's session end with it, so it is for this alone.
 */
export async function migrate(dataSource: DataSource, patienceMs = PATIENCE_MS): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query(`select pg_advisory_lock(hashtext('reflex.migrate'))`);
    await refuseNewerSchema(dataSource, runner.manager);
    await runner.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
    await migratePatiently(dataSource, runner, patienceMs);
    await makePartitions(runner);
  } finally {
    await runner.release();
  }
}

async function migratePatiently(dataSource: DataSource, runner: QueryRunner, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs;
  for (let tries = 1; ; tries += 1) {
    const migrations = new MigrationExecutor(dataSource, runner);
    migrations.transaction = 'each';
    try {
      await migrations.executePendingMigrations();
      return;
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      const [locked] = await new MigrationExecutor(dataSource, runner).getPendingMigrations();
      const name = locked?.name ?? '';
      if (performance.now() >= until) throw new SchemaLocked(name, Math.round(patienceMs / 1_000), error);
      if (tries === 1) new Logger('Migrations').warn(`${name} waits for locks that others hold, and tries again.`);
      await delay(PAUSE_MS);
    }
  }
}

async function makePartitions(runner: QueryRunner): Promise<void> {
  try {
    await runner.query('select reflex.make_partitions(7)');
  } catch (error) {
    // A reader holds them for long. There are those of the days to come, and the sweeps ask again.
    if (!isLockTimeout(error)) throw error;
  }
}

async function refuseNewerSchema(dataSource: DataSource, manager: EntityManager): Promise<void> {
  const [present] = await manager.query<{ there: boolean }[]>('select to_regclass($1) is not null as there', [
    MIGRATIONS_PATH,
  ]);
  if (!present?.there) return;
  const known = new Set(dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name));
  const applied = await manager.query<{ name: string }[]>(`select name from ${MIGRATIONS_PATH} order by id`);
  const unknown = applied.map((row) => row.name).filter((name) => !known.has(name));
  if (unknown.length > 0) throw new SchemaTooNew(unknown);
}
