import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@reflex/event-store';
import { createClient } from 'redis';

/** The same for all sides: nothing is traded for speed, and memory is that of a small server. */
const POSTGRES_SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  max_connections: '200',
};

/** PostgreSQL of its own; statistics of statements only for a profile, since they cost. */
export async function startPostgres(statistics: boolean): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    dataDir: await mkdtemp(join(tmpdir(), 'reflex-bench-')),
    temporary: true,
    database: 'postgres',
    settings: {
      ...POSTGRES_SETTINGS,
      ...(statistics && {
        shared_preload_libraries: 'pg_stat_statements',
        'pg_stat_statements.track': 'all',
        'pg_stat_statements.max': '500',
        track_io_timing: 'on',
      }),
    },
  });
}

export interface RedisServer {
  url: string;
  version: string;
  stop(): Promise<void>;
}

/** `null` without redis-server. */
export async function startRedis(): Promise<RedisServer | null> {
  const folder = await mkdtemp(join(tmpdir(), 'reflex-bench-redis-'));
  const port = await freePort();
  const flags = { bind: '127.0.0.1', port, dir: folder, appendonly: 'yes', appendfsync: 'everysec', save: '""' };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // The shell ends the server when our end of its input closes, so that nothing is left even when we are killed.
  const script = `
    command -v redis-server >/dev/null || exit 127
    folder=$1; shift
    redis-server "$@" & cat >/dev/null; kill $!; wait; rm -rf "$folder"`;
  const shell = spawn('sh', ['-c', script, 'redis', folder, ...args], { stdio: ['pipe', 'ignore', 'ignore'] });
  const stop = async () => {
    shell.stdin.end();
    if (shell.exitCode === null) await new Promise((resolve) => shell.once('exit', resolve));
    await rm(folder, { recursive: true, force: true });
  };
  const url = `redis://127.0.0.1:${port}`;
  const version = await versionAt(url, shell);
  if (version !== null) return { url, version, stop };
  await stop();
  return null;
}

/** `null` when nothing comes to answer there. */
async function versionAt(url: string, shell: ChildProcess): Promise<string | null> {
  for (let tries = 0; tries < 100 && shell.exitCode === null; tries += 1) {
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown';
    } catch {
      await delay(50);
    } finally {
      client.destroy();
    }
  }
  return null;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
