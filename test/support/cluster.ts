import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@reflex/event-store';
import { cloneDatabase, type TestDatabase } from './databases';
import { createTemplate } from './template';

export interface PostgresCluster extends EmbeddedPostgres {
  freshDatabase(): Promise<TestDatabase>;
}

/**
 * A PostgreSQL server of one's own, for tests that restart it. It ends with the test process and its folder goes too.
 * With `durable`, a commit is on disk, as in production: needed wherever the server is killed.
 */
export async function postgresCluster(
  options: { durable?: boolean; settings?: Record<string, string> } = {},
): Promise<PostgresCluster> {
  const fast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const server = await startEmbeddedPostgres({
    dataDir: await mkdtemp(join(tmpdir(), 'reflex-test-')),
    temporary: true,
    database: 'postgres',
    settings: {
      max_connections: '200',
      shared_preload_libraries: '',
      ...(options.durable ? {} : fast),
      ...options.settings,
    },
  });
  const template = await createTemplate(server.url);
  return Object.assign(server, { freshDatabase: () => cloneDatabase(server.url, template) });
}
