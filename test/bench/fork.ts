import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

const LIFETIME = join(__dirname, '..', 'support', 'child-lifetime.cjs');

/** Runs a file of the bench in a process of its own, which ends with ours. */
export function forkBench(file: string, args: string[], nodeArgs: string[]): ChildProcess {
  return fork(join(__dirname, file), args, {
    execArgv: ['-r', '@swc-node/register', '-r', LIFETIME, '--disable-warning=DeprecationWarning', ...nodeArgs],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
