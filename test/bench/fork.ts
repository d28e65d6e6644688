import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** As the service is started: room for what lives only as long as a batch. For all sides. */
const MEMORY = '--max-semi-space-size=32';
const LIFETIME = join(__dirname, '..', 'support', 'child-lifetime.cjs');

/** Runs a file of the bench in a process of its own, which ends with ours. */
export function forkBench(file: string, args: string[], nodeArgs: string[]): ChildProcess {
  return fork(join(__dirname, file), args, {
    execArgv: [MEMORY, '-r', '@swc-node/register', '-r', LIFETIME, '--disable-warning=DeprecationWarning', ...nodeArgs],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
