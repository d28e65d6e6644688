import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..');
const MAIN = join('dist', 'apps', 'api', 'main.js');
const READY_WITHIN_MS = 60_000;
const run = promisify(execFile);

/** The built service with the example's triggers, as its users start it: everything in one process. */
export class AppProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** From the start of the process to the first `/ready` that says yes, in milliseconds. */
    readonly startMs: number,
  ) {}

  static async build(): Promise<void> {
    await run('npm', ['run', '--silent', 'build'], { cwd: ROOT });
  }

  /** With the flags of `npm start`. */
  static async start(settings: Record<string, string>): Promise<AppProcess> {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: StartScripts };
    const flags = scripts['start:built'].split(' ').filter((word) => word.startsWith('--'));
    const port = await freePort();
    const began = performance.now();
    const child = spawn(process.execPath, [...flags, MAIN], {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        API_PORT: String(port),
        LOG_LEVEL: 'warn',
        ...settings,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const url = `http://127.0.0.1:${port}`;
    while (!(await isReady(url))) {
      const late = performance.now() - began > READY_WITHIN_MS;
      if (late || child.exitCode !== null) {
        child.kill('SIGKILL');
        throw new Error(`The built service ${late ? 'is not ready in time' : 'ended at its start'}.`);
      }
      await delay(10);
    }
    return new AppProcess(child, url, performance.now() - began);
  }

  /** Resident memory of the process now, in MB of 2^20 bytes. */
  async residentMb(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8').catch(() => null);
    const kilobytes = status === null ? await this.residentByPs() : Number(/VmRSS:\s+(\d+)/.exec(status)![1]);
    return kilobytes / 1024;
  }

  async post(path: string): Promise<void> {
    const answer = await fetch(this.url + path, { method: 'POST' });
    if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  // macOS has no /proc.
  private async residentByPs(): Promise<number> {
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(this.child.pid)]);
    return Number(stdout.trim());
  }
}

interface StartScripts {
  'start:built': string;
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
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
