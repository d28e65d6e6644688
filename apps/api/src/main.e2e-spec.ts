import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freshDatabase, startProcess, type TestDatabase, type TestProcess } from '@reflex/test';
import { Client } from 'pg';

const MAIN = 'apps/api/src/main.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const start = (env: Record<string, string>) =>
  startProcess(MAIN, { env: { LOG_LEVEL: 'warn', API_PORT: '0', ...env } });

/** What a start that fails prints; it must end by itself. */
async function failure(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const process = start(env);
  const { code } = await process.ended;
  return { code, output: process.output };
}

async function urlOf(process: TestProcess): Promise<string> {
  const line = await process.line(/Listening +http/, { timeoutMs: 60_000 });
  return /http:\S+/.exec(line)![0];
}

async function query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a start that fails prints one sentence and exits with 1', () => {
  const one = (sentence: RegExp) => ({ code: 1, output: expect.stringMatching(sentence) as string });

  it.each([
    ['a wrong variable', { API_PORT: 'eighty' }, /^API_PORT must be a whole number[^\n]+\.$/],
    ['an unknown variable', { EVENT_MAX_TRIES: '3' }, /^EVENT_MAX_TRIES is not a setting of Reflex[^\n]+$/],
    [
      'production without a database',
      { ENVIRONMENT: 'production' },
      /^DATABASE_URL must be set in production[^\n]+\.$/,
    ],
    [
      'a database out of reach',
      { DATABASE_URL: 'postgres://reflex:hunter2@127.0.0.1:1/reflex' },
      /^The database at 127\.0\.0\.1:1\/reflex cannot be reached (?!.*hunter2)[^\n]+\.$/,
    ],
  ])('%s', async (_what, env, sentence) => {
    expect(await failure(env)).toEqual(one(sentence));
  });

  it('a database that does not exist', async () => {
    const missing = new URL(database.url);
    missing.pathname = '/nowhere';

    expect(await failure({ DATABASE_URL: missing.href })).toEqual(one(/^The database at [^\n]+\/nowhere [^\n]+\.$/));
  });

  it('a port that is taken', async () => {
    const other = await listener();
    const { port } = other.address() as AddressInfo;

    const result = await failure({ DATABASE_URL: database.url, API_PORT: String(port) });

    expect(result).toEqual(one(new RegExp(`^Port ${port} is taken\\.[^\\n]+\\.$`)));
    other.close();
  });

  it('migrations newer than the code', async () => {
    await query(`insert into reflex_migrations(timestamp, name) values (9999999999999, 'FromTheFuture9999999999999')`);

    const result = await failure({ DATABASE_URL: database.url });

    expect(result).toEqual(one(/^The database has migrations[^\n]+FromTheFuture[^\n]+\.$/));
    await query(`delete from reflex_migrations where name = 'FromTheFuture9999999999999'`);
  });
});

it('D36: logs no SQL and no payload, whatever the level', async () => {
  const process = start({ DATABASE_URL: database.url, LOG_LEVEL: 'trace' });
  const url = await urlOf(process);

  const answer = await fetch(`${url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'http', payload: { card: '4111-1111' } }),
  });
  await process.kill('SIGTERM');

  expect(answer.status).toBe(201);
  expect(process.output).not.toContain('4111-1111');
  expect(process.output).not.toMatch(/insert into|select .* from/i);
});

it('D15, D34: listens on loopback only, tells what it chose, and ends in order on SIGTERM', async () => {
  const process = start({ DATABASE_URL: database.url, API_HOST: '0.0.0.0' });
  const url = await urlOf(process);

  expect(new URL(url).hostname).toBe('127.0.0.1');
  expect(process.output).toMatch(/API_HOST counts once ACCESS is set/);
  expect(process.output).toMatch(/Model +offline:rules/);
  expect(process.output).toMatch(/Try it +http:\S+\/docs/);
  expect(process.output).not.toContain(new URL(database.url).password);

  expect(await process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  const events = await query(
    `select payload->>'action' as action from reflex.events where type = 'lifecycle' order by seq`,
  );
  expect(events.slice(-2)).toEqual([{ action: 'started' }, { action: 'stopped' }]);
  expect(
    await query(`select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`),
  ).toEqual([]);
});

it('a second Ctrl-C ends a start that waits for a slow client', async () => {
  const process = start({ DATABASE_URL: database.url });
  const { hostname, port } = new URL(await urlOf(process));
  const slow = connect(Number(port), hostname).on('error', () => undefined);
  slow.write(
    'POST /events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
  );
  await eventually(async () => expect((await fetch(`http://${hostname}:${port}/health`)).status).toBe(200));

  const ended = process.kill('SIGINT');
  await process.line(/Press Ctrl-C again/);
  const again = setInterval(() => void process.kill('SIGINT'), 100);

  expect(await ended).toEqual({ code: 130, signal: null });
  clearInterval(again);
  slow.destroy();
});

describe('with a PostgreSQL of its own', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reflex-start-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('starts, keeps its data, and leaves neither process nor lock, also after kill -9', async () => {
    const first = start({ REFLEX_DATA_DIR: folder });
    const url = await urlOf(first);
    const posted = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'kept', type: 'http', payload: {} }),
    });
    expect(posted.status).toBe(201);

    const rival = await failure({ REFLEX_DATA_DIR: folder });
    expect(rival.code).toBe(1);
    expect(rival.output).toMatch(/^[^\n]+\.$/);

    expect(await first.kill('SIGINT')).toEqual({ code: 0, signal: null });

    const second = start({ REFLEX_DATA_DIR: folder });
    expect((await fetch(`${await urlOf(second)}/events/kept`)).status).toBe(200);
    await second.kill('SIGKILL');
    expect(isRunning(second.pid)).toBe(false);

    const third = start({ REFLEX_DATA_DIR: folder });
    expect((await fetch(`${await urlOf(third)}/events/kept`)).status).toBe(200);
    expect((await third.kill('SIGTERM')).code).toBe(0);
  }, 120_000);
});

async function listener(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
