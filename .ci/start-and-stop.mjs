// Starts the service as a newcomer does (`npm start`), on a free port and an empty data folder; sends an event, and goes
// through the guide to the command line with the built one; stops it by SIGTERM; and once more, killing it. Fails unless it answers in time and no PostgreSQL outlives it.
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const MAX_FIRST_START_MS = 60_000;
const MAX_BUILT_START_MS = 5_000;
const MAX_STOP_MS = 15_000;

const folder = mkdtempSync(join(tmpdir(), 'reflex-start-'));
// Root runs PostgreSQL as another user, who must get through.
chmodSync(folder, 0o755);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const env = { ...process.env, API_PORT: String(port), REFLEX_DATA_DIR: folder };

const started = [];

try {
  const first = run('npm', ['start']);
  const firstMs = await until(`${url}/ready answers`, MAX_FIRST_START_MS, first, isReady);
  const event = { type: 'http.request', source: 'test', method: 'GET', path: '/test' };
  const answer = await post('/events', event);
  assert.equal(answer.status, 201);
  assert.equal((await answer.json()).status, 'published');
  walk();
  assert.notEqual(servers().length, 0, 'the embedded PostgreSQL shows in the list of processes');
  first.kill('SIGTERM');
  const stopMs = await until('the service and its PostgreSQL are gone', MAX_STOP_MS, undefined, isGone);

  const second = run('node', ['dist/apps/api/main.js']);
  const builtMs = await until(`${url}/ready answers`, MAX_BUILT_START_MS, second, isReady);
  second.kill('SIGKILL');
  const crashMs = await until('PostgreSQL is gone after kill -9', MAX_STOP_MS, undefined, isGone);
  console.log(`Built and ready in ${firstMs} ms, stopped in ${stopMs} ms; ready again in ${builtMs} ms.`);
  const installMs = Number(process.env.INSTALL_SECONDS ?? 0) * 1_000;
  if (installMs > 0) {
    const seconds = Math.round((installMs + firstMs) / 1_000);
    console.log(`From a fresh checkout to an answer: ${seconds} s, all packages included (target: at most 120 s).`);
  }
  console.log(`PostgreSQL was gone ${crashMs} ms after kill -9 of the service.`);
} finally {
  // In groups of their own: with `npm start`, the service is a grandchild.
  for (const { pid } of started) if (isAlive(-pid)) process.kill(-pid, 'SIGKILL');
  await until('PostgreSQL is gone', MAX_STOP_MS, undefined, () => servers().length === 0);
  rmSync(folder, { recursive: true, force: true });
}

/** The commands that the guide shows, with the built command line. */
function walk() {
  const [, commands] = /```sh\n([^]*?)```/.exec(readFileSync('docs/guides/cli.md', 'utf8'));
  const script = commands.replaceAll('npx reflex', `node ${join(process.cwd(), 'apps/cli/reflex.cjs')}`);
  const options = { env: { ...env, REFLEX_URL: url }, cwd: folder, encoding: 'utf8' };
  const said = execFileSync('bash', ['-euo', 'pipefail', '-c', script], options);
  for (const word of ['ok    database', 'event http', 'error-threshold: would fire 0 times', 'WOULD BE DELIVERED']) {
    assert.ok(said.includes(word), `the command line says "${word}" in:\n${said}`);
  }
  assert.match(readFileSync(join(folder, 'events.jsonl'), 'utf8'), /"id":"first-walk"/);
}

function run(command, args) {
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
  started.push(child);
  return child;
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(what, withinMs, child, holds) {
  const began = Date.now();
  while (!(await holds())) {
    assert.ok(Date.now() - began < withinMs, `${what} within ${withinMs} ms`);
    assert.ok(child === undefined || child.exitCode === null, `the service ended before ${what}`);
    await delay(50);
  }
  return Date.now() - began;
}

function post(path, body) {
  const headers = { 'content-type': 'application/json' };
  return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function isReady() {
  return fetch(`${url}/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function isGone() {
  const answers = await fetch(`${url}/health`).then(
    () => true,
    () => false,
  );
  return !answers && servers().length === 0;
}

/** The command lines of PostgreSQL on our folder. Slim images have no `ps`, macOS has no /proc. */
function servers() {
  return commandLines().filter((line) => line.includes('postgres') && line.includes(folder));
}

function commandLines() {
  if (!existsSync('/proc/self')) return execFileSync('ps', ['-eww', '-o', 'command=']).toString().split('\n');
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
