// Runs Postgres on behalf of one service and outlives that service by a moment.
//
// The service keeps one end of a socket (our fd 3). When it closes, for whatever reason (stop, crash, kill -9),
// Postgres is shut down fast and this file ends. It is started through a launcher that exits at once, so that it is
// no descendant of the service: neither a terminal's Ctrl-C nor a tool that kills process trees (nest start --watch)
// reaches Postgres before the service has drained.
//
// It is plain JavaScript without imports of ours, because it runs both from the source tree and beside the bundle.
import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

const SERVICE_FD = 3;
const FAST_SHUTDOWN_MS = 10_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;
const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' };

if (process.argv[2] === 'launch') {
  const args = [...process.execArgv, fileURLToPath(import.meta.url)];
  spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'ignore', 'ignore', SERVICE_FD] }).unref();
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

// Half open: our end stays until we end, so that the service can wait for that.
const service = new net.Socket({ fd: SERVICE_FD, allowHalfOpen: true });
let state = 'running';
let postgres;
let temporaryFolder;

const commands = readline.createInterface({ input: service });
commands.on('error', () => undefined);
commands.on('line', (line) => {
  const command = JSON.parse(line);
  if (command.do === 'lock') void lock(command);
  else if (command.do === 'start') start(command);
  else if (command.do === 'stop') stop(command.mode);
});
service.on('error', () => undefined);
service.on('end', leave);
service.on('close', leave);

function tell(message) {
  if (service.writable) service.write(`${JSON.stringify(message)}\n`);
}

// The lock is a listening local socket: the kernel hands it to one process only and frees it when that process dies,
// so there is no lock file that could go stale. Whoever finds it taken connects and is told by whom.
async function lock({ address, owner, graceMs, stoppingMs, temporary }) {
  const server = net.createServer((socket) => socket.on('error', () => undefined).end(`${owner} ${state}`));
  const since = Date.now();
  while (!(await listen(server, address))) {
    const holder = await askHolder(address);
    if (holder.gone) removeSocketFile(address);
    const patienceMs = holder.state === 'stopping' ? stoppingMs : graceMs;
    if (Date.now() - since > patienceMs) return tell({ event: 'taken', owner: holder.owner });
    await new Promise((wake) => setTimeout(wake, 50));
  }
  temporaryFolder = temporary;
  tell({ event: 'locked', pid: process.pid });
}

function listen(server, address) {
  return new Promise((resolve, reject) => {
    const onError = (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error));
    server.once('error', onError);
    server.listen(address, () => {
      server.off('error', onError);
      resolve(true);
    });
  });
}

function askHolder(address) {
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect(address);
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('data', (chunk) => (answer += chunk));
    socket.on('error', (error) => resolve({ gone: error.code === 'ECONNREFUSED' }));
    socket.on('close', () => resolve({ owner: answer.split(' ')[0], state: answer.split(' ')[1] }));
  });
}

// Only where the lock has a name in the file system (macOS) does it outlive its holder.
function removeSocketFile(address) {
  if (!address.startsWith('/')) return;
  try {
    unlinkSync(address);
  } catch {
    // Another starter removed it first; the next listen() decides.
  }
}

function start({ command, args, uid, gid, cwd, env, logFile }) {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(command, args, { uid, gid, cwd, env, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = (code, signal) => {
    if (postgres !== child) return;
    postgres = undefined;
    tell({ event: 'exited', code, signal });
    if (state === 'stopping') end();
  };
  child.on('error', () => ended(null, null));
  child.on('exit', ended);
  postgres = child;
  tell({ event: 'started', pid: child.pid });
}

function stop(mode) {
  if (postgres === undefined) return tell({ event: 'exited', code: null, signal: null });
  const child = postgres;
  child.kill(SIGNALS[mode]);
  const escalate = (signal, ms) => setTimeout(() => postgres === child && child.kill(signal), ms);
  escalate('SIGQUIT', FAST_SHUTDOWN_MS);
  escalate('SIGKILL', FAST_SHUTDOWN_MS + IMMEDIATE_SHUTDOWN_MS);
}

function leave() {
  if (state === 'stopping') return;
  state = 'stopping';
  if (postgres === undefined) end();
  else stop('fast');
}

function end() {
  if (temporaryFolder !== undefined) rmSync(temporaryFolder, { recursive: true, force: true });
  process.exit(0);
}
