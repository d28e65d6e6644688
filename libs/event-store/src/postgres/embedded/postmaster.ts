import { execFile } from 'node:child_process';
import { readFile, readlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EmbeddedPostgresFailed } from './errors';

const run = promisify(execFile);
const FAST_SHUTDOWN_MS = 15_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;

interface PidFile {
  pid: number;
  /** `starting`, `ready`, `stopping`: the last line that Postgres writes, as pg_ctl reads it. */
  status: string;
}

export async function isReady(cluster: string, pid: number): Promise<boolean> {
  const file = await readPidFile(cluster);
  return file?.pid === pid && file.status === 'ready';
}

/**
 * Ends a server that its supervisor left behind. Call it only while holding the lock of the data folder.
 *
 * A pid file alone proves nothing: the number may belong to another process by now, and Postgres would then refuse to
 * start. Its first line is replaced by our supervisor's pid, which Postgres recognises as its parent and ignores, while
 * its own check of the shared memory named further down still guards the data.
 */
export async function clearLeftOver(cluster: string, supervisorPid: number): Promise<'none' | 'stopped'> {
  const file = await readPidFile(cluster);
  if (file === undefined || !(await isAlive(file.pid))) return 'none';
  if (await isPostmasterOf(file.pid, cluster)) {
    await end(file.pid, cluster);
    return 'stopped';
  }
  const path = join(cluster, 'postmaster.pid');
  const [, ...rest] = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, [String(supervisorPid), ...rest].join('\n'));
  return 'none';
}

async function readPidFile(cluster: string): Promise<PidFile | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, status: (lines[7] ?? '').trim() } : undefined;
}

async function end(pid: number, cluster: string): Promise<void> {
  try {
    process.kill(pid, 'SIGINT');
    if (await dies(pid, FAST_SHUTDOWN_MS)) return;
    process.kill(pid, 'SIGQUIT');
    if (await dies(pid, IMMEDIATE_SHUTDOWN_MS)) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new EmbeddedPostgresFailed(`of an earlier start (process ${pid}) cannot be stopped`, String(error), error);
  }
  throw new EmbeddedPostgresFailed(`of an earlier start (process ${pid}) does not stop`, `it still uses ${cluster}`);
}

async function dies(pid: number, withinMs: number): Promise<boolean> {
  for (const until = Date.now() + withinMs; Date.now() < until; await delay(20)) {
    if (!(await isAlive(pid))) return true;
  }
  return false;
}

async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // In a container without an init, a dead orphan stays in the table as a zombie and still takes signals.
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) Z /.test(stat);
}

async function isPostmasterOf(pid: number, cluster: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (commandLine !== undefined) {
    const [command = '', ...args] = commandLine.split('\0');
    if (!basename(command).startsWith('postgres')) return false;
    return args.includes(cluster) || (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === cluster;
  }
  const listed = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return listed.stdout.includes('postgres') && listed.stdout.includes(cluster);
}
