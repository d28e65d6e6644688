import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Binaries, SHARED_FOLDER } from './binaries';
import { EmbeddedPostgresFailed, EmbeddedPostgresUnreachable, EmbeddedPostgresWrongVersion } from './errors';
import { canReach, serverEnvironment, type ServerUser } from './server-user';

const run = promisify(execFile);

/** The role that owns everything; its password is in the folder. */
export const OWNER = 'reflex';

export interface DataFolder {
  /** The folder itself: password, log, connection URL. */
  path: string;
  /** What Postgres calls the data directory. */
  cluster: string;
  logFile: string;
}

/** Makes the folder, readable by nobody else. As root, elsewhere and linked when the server user cannot reach it. */
export async function openDataFolder(dataDir: string, user: ServerUser | undefined): Promise<DataFolder> {
  const wanted = resolve(dataDir);
  try {
    await mkdir(dirname(wanted), { recursive: true });
    if (user !== undefined && !(await canReach(await realpath(wanted).catch(() => wanted), user)))
      await moveOut(wanted);
    await mkdir(wanted, { recursive: true, mode: 0o700 });
    const path = await realpath(wanted);
    await chmod(path, 0o700);
    if (user !== undefined) await chown(path, user.uid, user.gid);
    return { path, cluster: join(path, 'cluster'), logFile: join(path, 'postgres.log') };
  } catch (error) {
    throw new EmbeddedPostgresUnreachable(
      wanted,
      user === undefined ? 'This user' : 'The user "postgres", who runs PostgreSQL for root,',
      error,
    );
  }
}

/** Creates the cluster on the first start; refuses one that another major version wrote. Returns the password. */
export async function prepareCluster(
  folder: DataFolder,
  binaries: Binaries,
  user: ServerUser | undefined,
): Promise<string> {
  const password = await keepPassword(folder, user);
  const found = await readFile(join(folder.cluster, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (found === undefined) await initialise(folder, binaries, user);
  else if (found.trim() !== binaries.major) {
    throw new EmbeddedPostgresWrongVersion(folder.path, found.trim(), binaries.major);
  }
  return password;
}

async function moveOut(wanted: string): Promise<void> {
  const existing = await lstat(wanted).catch(() => undefined);
  // A link whose target somebody removed leads nowhere: begin empty.
  if (existing?.isSymbolicLink() && !existsSync(wanted)) await rm(wanted);
  const target = join(SHARED_FOLDER, `${basename(wanted)}-${randomBytes(6).toString('hex')}`);
  await mkdir(SHARED_FOLDER, { recursive: true, mode: 0o755 });
  await mkdir(target, { mode: 0o700 });
  try {
    await symlink(target, wanted);
  } catch (error) {
    await rm(target, { recursive: true });
    // Another start on the same folder was first, which is as good.
    if (!(await lstat(wanted)).isSymbolicLink()) throw error;
  }
}

async function keepPassword(folder: DataFolder, user: ServerUser | undefined): Promise<string> {
  const file = join(folder.path, 'password');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return kept.trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  if (user !== undefined) await chown(file, user.uid, user.gid);
  return password;
}

// Into a folder of another name that is renamed when complete: an interrupted first start leaves no half a cluster.
async function initialise(folder: DataFolder, binaries: Binaries, user: ServerUser | undefined): Promise<void> {
  const unfinished = join(folder.path, 'cluster.unfinished');
  await rm(unfinished, { recursive: true, force: true });
  const options = {
    pgdata: unfinished,
    username: OWNER,
    pwfile: join(folder.path, 'password'),
    auth: 'scram-sha-256',
    encoding: 'UTF8',
    locale: 'C',
    'locale-provider': 'builtin',
    'builtin-locale': 'C.UTF-8',
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  args.push('--set', 'timezone=UTC', '--set', 'log_timezone=UTC', '--no-instructions');
  try {
    await run(binaries.initdb, args, { ...user, cwd: folder.path, env: serverEnvironment() });
  } catch (error) {
    throw new EmbeddedPostgresFailed('could not be initialised', String((error as { stderr?: string }).stderr), error);
  }
  await rename(unfinished, folder.cluster);
}

/** The log since `offset` bytes. */
export async function readLog(folder: DataFolder, offset: number): Promise<string> {
  const bytes = await readFile(folder.logFile).catch(() => Buffer.alloc(0));
  return bytes.subarray(offset).toString('utf8');
}

export async function logSize(folder: DataFolder): Promise<number> {
  return stat(folder.logFile).then(
    ({ size }) => size,
    () => 0,
  );
}
