import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, startProcess, type TestProcess } from '@reflex/test';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres';

const SERVICE = 'test/support/fixtures/embedded-postgres.ts';

describe('embedded PostgreSQL', () => {
  let initialised: string;
  let dataDir: string;
  let running: { stop(): Promise<unknown> }[];

  beforeAll(async () => {
    initialised = join(await openFolder(), 'postgres');
    await (await startEmbeddedPostgres({ dataDir: initialised })).stop();
  });

  afterAll(() => rm(join(initialised, '..'), { recursive: true }));

  beforeEach(async () => {
    dataDir = initialised;
    running = [];
  });

  afterEach(async () => {
    await Promise.all(running.map((one) => one.stop()));
    if (dataDir !== initialised) await rm(join(dataDir, '..'), { recursive: true });
  });

  it('answers on loopback only, with a password that nobody else can read', async () => {
    dataDir = join(await openFolder(), 'postgres');
    const server = await start();

    const [row] = await query(
      server.url,
      `select current_setting('server_version_num')::int / 10000 as major,
      current_setting('listen_addresses') as addresses, current_database() as database`,
    );

    expect(row).toEqual({ major: 18, addresses: '127.0.0.1', database: 'reflex' });
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
    await expect(query(server.url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow(/password/);
  });

  it('keeps its data over a stop, and leaves no process and no lock behind', async () => {
    const first = await start();
    await query(first.url, 'drop table if exists kept; create table kept as select 1 as id');

    await first.stop();

    expect(isAlive(first.pid)).toBe(false);
    await expect(stat(join(dataDir, 'cluster', 'postmaster.pid'))).rejects.toThrow(/ENOENT/);
    const second = await start();
    expect(await query(second.url, 'select id from kept')).toEqual([{ id: 1 }]);
  });

  it('restarts on the same port after a crash that somebody asked for', async () => {
    const server = await start();
    await query(server.url, 'drop table if exists kept; create table kept as select 1 as id');
    const before = server.pid;

    await server.restart('immediate');

    expect(server.pid).not.toBe(before);
    expect(await query(server.url, 'select id from kept')).toEqual([{ id: 1 }]);
  });

  it('comes back on the same port when the server is killed', async () => {
    const server = await start();
    const before = server.pid;

    process.kill(before, 'SIGKILL');

    await eventually(() => expect(server.pid).not.toBe(before));
    await eventually(() => query(server.url, 'select 1'));
  });

  it('stops with its service, of which it is no descendant, so that nothing reaches it before the service drained', async () => {
    const { service, pid } = await startService();

    const children = await readFile(`/proc/${service.pid}/task/${service.pid}/children`, 'utf8');
    await service.kill('SIGTERM');

    expect(children).toBe('');
    expect(isAlive(pid)).toBe(false);
  });

  it('is gone within seconds after kill -9 of its service, and the next start has the data', async () => {
    const { service, url, pid } = await startService();
    await query(url, 'drop table if exists kept; create table kept as select 1 as id');

    await service.kill('SIGKILL');
    const next = await start();

    expect(isAlive(pid)).toBe(false);
    expect(await query(next.url, 'select id from kept')).toEqual([{ id: 1 }]);
  });

  it('shuts down by itself after kill -9 of its service', async () => {
    const { service, pid } = await startService();

    await service.kill('SIGKILL');

    await eventually(() => expect(isAlive(pid)).toBe(false), { timeoutMs: 5_000 });
    await eventually(() => expect(stat(join(dataDir, 'cluster', 'postmaster.pid'))).rejects.toThrow(/ENOENT/));
  });

  it('replaces a server whose supervisor was killed too', async () => {
    const { service, url, pid } = await startService();
    await query(url, 'drop table if exists kept; create table kept as select 1 as id');
    process.kill(await supervisorOf(pid), 'SIGKILL');
    await service.kill('SIGKILL');
    expect(isAlive(pid)).toBe(true);

    const next = await start();

    expect(isAlive(pid)).toBe(false);
    expect(await query(next.url, 'select id from kept')).toEqual([{ id: 1 }]);
  });

  it('still stops its server when only the supervisor was killed', async () => {
    const server = await start();
    const { pid } = server;
    process.kill(await supervisorOf(pid), 'SIGKILL');

    await server.stop();

    expect(isAlive(pid)).toBe(false);
  });

  it('starts over a stale pid file, also when the number belongs to another process by now', async () => {
    const first = await start();
    await first.stop();
    const { uid, gid } = await stat(dataDir);
    const stranger = spawn('sleep', ['60'], { uid, gid });
    running.push({ stop: async () => stranger.kill() });
    const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
    await writeFile(pidFile, `${stranger.pid}\n${join(dataDir, 'cluster')}\n1700000000\n${first.port}\n\n127.0.0.1\n`);

    const second = await start();

    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(isAlive(stranger.pid!)).toBe(true);
  });

  it('refuses a second start on the same folder with a sentence, and leaves the first alone', async () => {
    const first = await start();

    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'embedded_postgres_in_use',
      message: expect.stringContaining(`in use by process ${process.pid}`),
    });

    expect(await query(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('gives the folder to exactly one of many that start at once', async () => {
    dataDir = join(await openFolder(), 'postgres');
    const starts = await Promise.allSettled([1, 2, 3, 4].map(() => start()));

    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of starts) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'embedded_postgres_in_use' });
    }
  });

  it('refuses data of another major version with a sentence', async () => {
    await writeFile(join(dataDir, 'cluster', 'PG_VERSION'), '17\n');

    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'embedded_postgres_wrong_version',
      message: expect.stringContaining('was written by PostgreSQL 17, but PostgreSQL 18'),
    });
    await writeFile(join(dataDir, 'cluster', 'PG_VERSION'), '18\n');
  });

  it('says what to do on a platform without binaries', async () => {
    const arch = jest.spyOn(os, 'arch').mockReturnValue('mips');

    const start = startEmbeddedPostgres({ dataDir }).finally(() => arch.mockRestore());

    await expect(start).rejects.toMatchObject({
      code: 'embedded_postgres_missing',
      message: expect.stringMatching(/no PostgreSQL binaries for linux-mips .* or set DATABASE_URL/),
    });
  });

  it('says what Postgres said when it does not start', async () => {
    await expect(startEmbeddedPostgres({ dataDir, settings: { no_such_setting: '1' } })).rejects.toMatchObject({
      code: 'embedded_postgres_failed',
      message: expect.stringContaining('no_such_setting'),
    });
  });

  it('begins again when the first start was interrupted half way', async () => {
    dataDir = join(await openFolder(), 'postgres');
    await mkdir(join(dataDir, 'cluster.unfinished', 'base'), { recursive: true });

    const server = await start();

    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('keeps the data elsewhere, behind a link, where root runs it in a folder that is closed to others', async () => {
    if (process.getuid?.() !== 0) return;
    dataDir = join(await openFolder(), 'postgres');
    await chmod(join(dataDir, '..'), 0o700);
    const first = await start();
    await query(first.url, 'drop table if exists kept; create table kept as select 1 as id');
    await first.stop();

    const second = await start();

    expect(await query(second.url, 'select id from kept')).toEqual([{ id: 1 }]);
    const elsewhere = await realpath(dataDir);
    expect(elsewhere).toMatch(/^\/var\/lib\/reflex\/postgres-/);
    await second.stop();
    await rm(elsewhere, { recursive: true });
    await (await start()).stop();
    await rm(await realpath(dataDir), { recursive: true });
  });

  it('removes a temporary folder when its service is killed', async () => {
    dataDir = join(await openFolder(), 'postgres');
    const { service } = await startService('temporary');

    await service.kill('SIGKILL');

    await eventually(() => expect(stat(dataDir)).rejects.toThrow(/ENOENT/));
  });

  async function start(): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dataDir });
    running.push(server);
    return server;
  }

  async function startService(...args: string[]): Promise<{ service: TestProcess; url: string; pid: number }> {
    const service = startProcess(SERVICE, { args: [dataDir, ...args] });
    running.push({ stop: () => service.kill('SIGKILL') });
    return { service, ...(JSON.parse(await service.line(/^{/)) as { url: string; pid: number }) };
  }
});

// As root, the server's user must get through.
async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reflex-embedded-'));
  await chmod(folder, 0o755);
  return folder;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

// Not by a signal: where nobody reaps orphans, a dead one still takes it.
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}

async function supervisorOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
}
