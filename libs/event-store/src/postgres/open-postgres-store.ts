import { connect, dataSourceOptions } from './data-source';
import { PostgresEventStore } from './postgres-event-store';
import type { PostgresStoreOptions } from './store-options';

/** A store of one's own, without Nest: migrates, listens, and is closed by `close()`. */
export async function openPostgresStore(
  options: PostgresStoreOptions,
): Promise<PostgresEventStore & { close(): Promise<void> }> {
  const dataSource = await connect(dataSourceOptions(options));
  const store = new PostgresEventStore(dataSource, options);
  await store.start();
  return Object.assign(store, {
    async close() {
      await store.stop();
      await dataSource.destroy();
    },
  });
}

/** Brings a database's schema up to date, with the owner's own tables, and lets go of it. Throws `SchemaLocked`. */
export async function runMigrations(
  url: string,
  own: Pick<PostgresStoreOptions, 'entities' | 'migrations'> = {},
  patienceMs?: number,
): Promise<void> {
  const dataSource = await connect(dataSourceOptions({ url, poolSize: 2, ...own }), patienceMs);
  await dataSource.destroy();
}
