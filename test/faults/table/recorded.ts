import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Figures = Record<string, number | string | boolean>;

/** One test as it ran last. */
export interface Result {
  row: string;
  /** The name of the test. */
  title: string;
  form: 'full' | 'short';
  passed: boolean;
  figures: Figures[];
  seconds: number;
  date: string;
  machine: string;
  /** How many processes wanted a core at its end, over five minutes; more than there are cores make everything late. */
  load?: number;
}

const FILE = join(__dirname, 'results.json');

export async function loadResults(): Promise<Result[]> {
  return readFile(FILE, 'utf8').then(
    (text) => JSON.parse(text) as Result[],
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
}

/**
 * What ran takes the place of what ran before, row by row. A short form that passed never takes the place of a full one,
 * also not of one that failed: it says less.
 */
export function merged(before: Result[], ran: Result[]): Result[] {
  const rows = new Set([...before, ...ran].map(({ row }) => row));
  return [...rows].flatMap((row) => {
    const old = before.filter((result) => result.row === row);
    const fresh = ran.filter((result) => result.row === row);
    const oldFull = old.filter(({ form }) => form === 'full');
    const saysLess = fresh.every(({ form, passed }) => form === 'short' && passed) && oldFull.length > 0;
    return fresh.length === 0 || saysLess ? old : fresh;
  });
}

export async function saveResults(results: Result[]): Promise<void> {
  const lines = results.map((result) => `  ${JSON.stringify(result)}`);
  await writeFile(FILE, `[\n${lines.join(',\n')}\n]\n`);
}
