// Sends the requests of bruno/ to the built service, which runs on a free port and an empty data folder. Fails unless each
// request gets what it expects.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const MAX_START_MS = 30_000;
const DOWNLOADS = 3;

const folder = mkdtempSync(join(tmpdir(), 'reflex-requests-'));
// Root runs PostgreSQL as another user, who must get through.
chmodSync(folder, 0o755);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const env = { ...process.env, API_PORT: String(port), REFLEX_DATA_DIR: folder, LOG_LEVEL: 'warn' };
const service = spawn('node', ['dist/apps/api/main.js'], { env, stdio: ['ignore', 'ignore', 'inherit'] });

try {
  await untilReady();
  const { status } = await sent();
  process.exitCode = status === 0 ? 0 : 1;
} finally {
  service.kill('SIGTERM');
  if (service.exitCode === null) await new Promise((resolve) => service.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
}

/** The registry may be slow or briefly away: the requests are sent as soon as the command line of Bruno is here. */
async function sent() {
  const args = ['run', '--silent', 'bruno', '--', '--env-var', `url=${url}`];
  for (let attempt = 1; attempt < DOWNLOADS; attempt += 1) {
    const { status } = spawnSync('npm', ['run', '--silent', 'bruno', '--', '--version'], { stdio: 'ignore' });
    if (status === 0) break;
    await delay(attempt * 5_000);
  }
  return spawnSync('npm', args, { stdio: 'inherit' });
}

async function untilReady() {
  const began = Date.now();
  while (!(await isReady())) {
    if (service.exitCode !== null) throw new Error('The service ended before it was ready.');
    if (Date.now() - began > MAX_START_MS) throw new Error(`The service was not ready within ${MAX_START_MS} ms.`);
    await delay(50);
  }
}

function isReady() {
  return fetch(`${url}/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}
