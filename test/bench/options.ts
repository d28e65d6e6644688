import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Names of rows; all without any. */
  rows: string[];
  /** Measured rounds, after one to warm up. */
  rounds: number;
  /** Share of the usual durations and amounts. */
  scale: number;
  /** Folder for the CPU profiles of our side, with statistics of PostgreSQL on the terminal. */
  profile: string | null;
}

export const USAGE = `npm run bench -- [--row <name>]... [--rounds 5] [--quick] [--profile]

--row      one row only, may be repeated; its figures replace those in results.json, the others stay
--rounds   measured rounds per row, after one to warm up (default 5)
--quick    two short rounds: to see that it runs, not to judge
--profile  CPU profiles of our side in test/bench/profiles, and PostgreSQL's most expensive statements`;

/** Throws a sentence for an option that is not known. */
export function readOptions(args: string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      row: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number from 1.');
  return {
    rows: values.row ?? [],
    rounds,
    scale: values.quick ? 0.2 : 1,
    profile: values.profile ? join(__dirname, 'profiles') : null,
  };
}
