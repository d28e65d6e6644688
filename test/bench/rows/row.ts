import type { BenchContext } from '../bench-context';
import type { RowResult } from '../row-results';

/** What is measured, against whom, and what is to be reached. */
export interface Row {
  /** For `--row`. */
  name: string;
  run(context: BenchContext): Promise<RowResult[]>;
}

export const NO_REDIS = 'redis-server is not installed';
