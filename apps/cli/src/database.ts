import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ReflexError } from '@reflex/core';
import { startEmbeddedPostgres } from '@reflex/event-store';
import { Client } from 'pg';
import type { CliSettings } from './config';

export interface Database {
  url: string;
  /** Ends what was started here; a server of somebody else goes on. */
  stop(): Promise<void>;
}

const WAIT_MS = 15_000;

/** The configured database, or else the embedded one: that of a running service, or one of our own for the moment. */
export async function openDatabase({ databaseUrl, dataDir }: CliSettings): Promise<Database> {
  if (databaseUrl !== undefined) return { url: databaseUrl, stop: () => Promise.resolve() };
  const folder = join(dataDir, 'postgres');
  for (const until = Date.now() + WAIT_MS; ; await delay(200)) {
    const url = await runningIn(folder);
    if (url !== undefined) return { url, stop: () => Promise.resolve() };
    try {
      return await startEmbeddedPostgres({ dataDir: folder });
    } catch (error) {
      // A service has it, which is about to start or to stop.
      const isTaken = error instanceof ReflexError && error.code === 'embedded_postgres_in_use';
      if (!isTaken || Date.now() > until) throw error;
    }
  }
}

/** The URL that a server leaves in its folder, if that server answers. */
async function runningIn(folder: string): Promise<string | undefined> {
  const url = await readFile(join(folder, 'url'), 'utf8').catch(() => undefined);
  if (url === undefined) return undefined;
  const client = new Client({ connectionString: url.trim(), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return url.trim();
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}
