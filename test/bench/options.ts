import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Names of rows; all without any. */
  rows: string[];
  /** Measured rounds, after one to warm up. */
  rounds: number;
  /** Share of the usual durations and amounts. */
  scale: number;
  /** Events of the row `history`. */
  history: number;
  /** Are the figures worth keeping? Not those of short rounds, or with the profiler running. */
  saves: boolean;
  /** Folder for the CPU profiles of our side, with statistics of PostgreSQL on the terminal. */
  profile: string | null;
}

export const USAGE = `npm run bench -- [--row <name>]... [--rounds 5] [--quick] [--history 5000000] [--profile]

--row      one row only, may be repeated; its figures replace those in results.json, the others stay
--rounds   measured rounds per row, after one to warm up (default 5)
--quick    two short rounds: to see that it runs, not to judge; results.json stays as it is
--history  events that the row of this name has behind it; PostgreSQL needs half a minute for a million
--profile  CPU profiles of our side in test/bench/profiles, and PostgreSQL's most expensive statements; neither saves`;

/** Throws a sentence for an option that is not known. */
export function readOptions(args: string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      row: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      history: { type: 'string', default: '5000000' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number from 1.');
  const history = Number(values.history);
  if (!Number.isInteger(history) || history < 1) throw new Error('--history must be a whole number from 1.');
  return {
    history,
    rows: values.row ?? [],
    rounds,
    scale: values.quick ? 0.2 : 1,
    saves: !values.quick && !values.profile,
    profile: values.profile ? join(__dirname, 'profiles') : null,
  };
}
