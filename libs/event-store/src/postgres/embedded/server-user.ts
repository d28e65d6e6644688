import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresUnreachable } from './errors';

const run = promisify(execFile);

/** Who runs the server. Undefined: whoever runs us. Postgres refuses to run as root. */
export interface ServerUser {
  uid: number;
  gid: number;
}

/** As root, the owner of existing data, or else a user "postgres", which is created where there is none. */
export async function serverUser(dataDir: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(dataDir).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return (await lookUp('postgres')) ?? (await create('postgres'));
}

/** Whether that user may pass through every parent of `path`. */
export async function canReach(path: string, user: ServerUser): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const execute = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & execute) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** No PG* setting of ours may steer the server, and no secret of ours concerns it. */
export function serverEnvironment(): Record<string, string | undefined> {
  const { PATH, SystemRoot, TEMP } = process.env;
  return { PATH, SystemRoot, TEMP };
}

async function lookUp(name: string): Promise<ServerUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function create(name: string): Promise<ServerUser> {
  let cause: unknown;
  try {
    await run('groupadd', ['--force', name]);
    await run('useradd', ['--gid', name, '--no-create-home', '--shell', '/bin/false', name]);
  } catch (error) {
    cause = error;
  }
  const user = await lookUp(name);
  if (user === undefined) {
    throw new EmbeddedPostgresUnreachable('a user to run as (PostgreSQL refuses root)', `User "${name}"`, cause);
  }
  return user;
}
