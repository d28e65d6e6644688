import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(__dirname, '..', '..');
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export interface TestProcess {
  pid: number;
  /** Everything printed so far, stdout and stderr. */
  readonly output: string;
  /** The first line, past or to come, that matches; fails with the output when the process ends or time is up. */
  line(pattern: RegExp, options?: { timeoutMs?: number }): Promise<string>;
  /** Sends the signal and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<Ended>;
  /** SIGSTOP: frozen, its connections stay open. */
  stop(): void;
  cont(): void;
  readonly ended: Promise<Ended>;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Runs a TypeScript file (its path from the project's root) in a process of its own, with the aliases of our libs. */
export function startProcess(
  file: string,
  options: { env?: Record<string, string>; args?: string[]; nodeArgs?: string[]; input?: string } = {},
): TestProcess {
  const preload = ['-r', '@swc-node/register', '-r', join(__dirname, 'child-lifetime.cjs')];
  const nodeArgs = [...preload, '--enable-source-maps', ...(options.nodeArgs ?? [])];
  const child = spawn(process.execPath, [...nodeArgs, resolve(ROOT, file), ...(options.args ?? [])], {
    cwd: ROOT,
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'ipc'],
  });
  child.stdin?.end(options.input);
  running.add(child);

  const lines: string[] = [];
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      listeners.forEach((listener) => listener());
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    running.delete(child);
    return { code, signal };
  });

  return {
    pid: child.pid!,
    get output() {
      return lines.join('\n');
    },
    ended,
    line: (pattern, { timeoutMs = 20_000 } = {}) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          act();
        };
        const fail = (why: string) =>
          settle(() => reject(new Error(`${file} ${why} before it printed ${pattern}. Output:\n${lines.join('\n')}`)));
        const look = () => {
          const found = lines.find((line) => pattern.test(line));
          if (found !== undefined) settle(() => resolve(found));
        };
        const timer = setTimeout(() => fail(`ran for ${timeoutMs} ms`), timeoutMs);
        listeners.add(look);
        look();
        void ended.then(({ code, signal }) => fail(`ended (${signal ?? code})`));
      }),
    kill: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
    stop: () => void child.kill('SIGSTOP'),
    cont: () => void child.kill('SIGCONT'),
  };
}
