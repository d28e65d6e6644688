import { chown, truncate, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { findBinaries } from './binaries';
import { type DataFolder, logSize, openDataFolder, OWNER, prepareCluster, readLog } from './data-folder';
import { EmbeddedPostgresFailed } from './errors';
import { clearLeftOver, isReady } from './postmaster';
import { serverEnvironment, serverUser } from './server-user';
import { type ServerStart, type StopMode, SupervisorLink } from './supervisor-link';

/** Crash recovery of a large log may take its time; more than this is a fault. */
const START_MS = 120_000;
const MAX_LOG_BYTES = 10_000_000;
const MAX_TRIES = 20;

export interface EmbeddedPostgresOptions {
  /** Made on the first start. Data, password and log stay here. */
  dataDir: string;
  /** More settings of the server, such as `{ max_connections: '200' }`. */
  settings?: Record<string, string>;
  /** Removes the folder at the end, also when this process is killed: for tests. */
  temporary?: boolean;
  /** Created when missing. */
  database?: string;
  /** Told when something unusual was put right: a server left behind, a crash. */
  log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  url: string;
  port: number;
  /** The server's own process, for those who want to look. */
  readonly pid: number;
  /** Stops and starts again on the same port; `immediate` is a crash without a checkpoint. */
  restart(mode: StopMode): Promise<void>;
  /** Shuts down fast: open transactions are rolled back, what was committed is on disk. */
  stop(): Promise<void>;
}

/**
 * Runs PostgreSQL from node_modules for as long as this process lives, and not longer: see supervisor.mjs.
 * Fails with a sentence when the folder is in use, of another major version, out of reach, or without binaries.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = await serverUser(options.dataDir);
  const binaries = await findBinaries(user);
  const folder = await openDataFolder(options.dataDir, user);
  const link = await SupervisorLink.open(folder.path, { temporary: options.temporary ?? false });
  try {
    const password = await prepareCluster(folder, binaries, user);
    const left = await clearLeftOver(folder.cluster, link.supervisorPid);
    if (left === 'stopped') options.log?.('Stopped an embedded PostgreSQL that an earlier start had left behind.');
    if ((await logSize(folder)) > MAX_LOG_BYTES) await truncate(folder.logFile);

    const start = { command: binaries.postgres, cwd: folder.path, env: serverEnvironment(), logFile: folder.logFile };
    const server = new Server(link, folder, { ...start, ...user, args: [] }, options);
    await server.boot();
    const database = options.database ?? 'reflex';
    const url = (name: string) => `postgres://${OWNER}:${password}@127.0.0.1:${server.port}/${name}`;
    await createDatabase(url('postgres'), database);
    await writeFile(join(folder.path, 'url'), `${url(database)}\n`, { mode: 0o600 });
    if (user !== undefined) await chown(join(folder.path, 'url'), user.uid, user.gid);
    link.keepsAlive(false);
    return server.face(url(database));
  } catch (error) {
    await link.stop('fast');
    await link.close();
    throw error;
  }
}

class Server {
  port = 0;
  private crashes: number[] = [];

  constructor(
    private readonly link: SupervisorLink,
    private readonly folder: DataFolder,
    private readonly command: ServerStart,
    private readonly options: EmbeddedPostgresOptions,
  ) {}

  face(url: string): EmbeddedPostgres {
    this.link.onUnexpectedExit = () => void this.comeBack();
    const { link } = this;
    return {
      url,
      port: this.port,
      get pid() {
        return link.serverPid;
      },
      restart: (mode) => this.restart(mode),
      stop: () => this.stop(),
    };
  }

  /** On the port it had, or on a free one; another, if somebody takes that in the meantime. */
  async boot(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const port = this.port === 0 ? await freePort() : this.port;
      const failure = await this.tryPort(port);
      if (failure === undefined) {
        this.port = port;
        return;
      }
      // After a crash the last backends need a moment until they notice that their postmaster is gone.
      const passing = /could not create any TCP\/IP sockets|shared memory block .* is still in use/.test(failure);
      if (!passing || tries === MAX_TRIES) throw new EmbeddedPostgresFailed('does not start', failure);
      await delay(250);
    }
  }

  private async tryPort(port: number): Promise<string | undefined> {
    const logged = await logSize(this.folder);
    const settings = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      ...this.options.settings,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const pid = await this.link.start({ ...this.command, args: ['-D', this.folder.cluster, ...flags] });
    for (const until = Date.now() + START_MS; Date.now() < until; await delay(10)) {
      if (await isReady(this.folder.cluster, pid)) return undefined;
      if (!this.link.isRunning) return readLog(this.folder, logged);
    }
    await this.link.stop('immediate');
    return readLog(this.folder, logged);
  }

  private async restart(mode: StopMode): Promise<void> {
    this.link.keepsAlive(true);
    await this.link.stop(mode);
    await this.boot();
    this.link.keepsAlive(false);
  }

  private async stop(): Promise<void> {
    this.link.keepsAlive(true);
    this.link.onUnexpectedExit = () => undefined;
    await this.link.stop('fast');
    // Somebody killed our supervisor: nobody but us ends the server then.
    if (this.link.isLost) await clearLeftOver(this.folder.cluster, process.pid);
    await this.link.close();
  }

  // The service reconnects by itself; it only needs a server to connect to.
  private async comeBack(): Promise<void> {
    const now = Date.now();
    this.crashes = [...this.crashes.filter((at) => now - at < 60_000), now];
    if (this.crashes.length > 3) {
      return this.options.log?.(`The embedded PostgreSQL keeps ending. Look into ${this.folder.logFile}.`);
    }
    this.options.log?.('The embedded PostgreSQL ended unexpectedly; it is started again.');
    await this.boot().catch((error: Error) => this.options.log?.(error.message));
  }
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

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
