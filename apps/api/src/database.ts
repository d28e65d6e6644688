import { join, relative } from 'node:path';
import { startEmbeddedPostgres } from '@reflex/event-store';
import type { Settings } from './settings';

/** The database that a process works with; its own server, if it started one, ends with `stop`. */
export interface Database {
  url: string;
  /** For the person at the terminal: never holds a password. */
  description: string;
  stop(): Promise<void>;
}

/** The configured database, or else a PostgreSQL of our own. */
export async function openDatabase(settings: Settings, log: (line: string) => void): Promise<Database> {
  if (settings.databaseUrl !== undefined) {
    const { host, pathname } = new URL(settings.databaseUrl);
    const description = `PostgreSQL at ${host}${pathname}`;
    return { url: settings.databaseUrl, description, stop: () => Promise.resolve() };
  }
  const dataDir = join(settings.reflexDataDir, 'postgres');
  const server = await startEmbeddedPostgres({ dataDir, log });
  return {
    url: server.url,
    description: `embedded PostgreSQL, data in ${relative('.', dataDir) || dataDir} (set DATABASE_URL to use your own)`,
    stop: () => server.stop(),
  };
}
