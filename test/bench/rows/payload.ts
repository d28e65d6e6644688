import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

const SIZES = [
  { bytes: 300, name: '300 B' },
  { bytes: 4 * 1024, name: '4 KiB' },
  { bytes: 64 * 1024 - 256, name: '64 KiB' },
];

/**
 * Growth with the payload. Large ones are bound by what PostgreSQL makes of JSON and its write-ahead log, which hand-written
 * batch SQL pays as well: at each size we must keep the share of it that the row `ceiling` asks for.
 */
export const payload: Row = {
  name: 'payload',
  async run(context): Promise<RowResult[]> {
    const options = { publishers: 64, seconds: context.scaled(2), accounts: 1_000 };
    const reflex = await context.side('reflex', { work: 'live' });
    const sql = await context.side('batch SQL', { work: 'live' });

    const results: RowResult[] = [];
    for (const { bytes, name } of SIZES) {
      const sized = { ...options, bytes };
      const rates = await pairedRounds(context, { reflex: () => reflex.live(sized), sql: () => sql.live(sized) });
      const target = { atLeast: 0.6 };
      results.push(compared(`live, payloads of ${name} / hand-written batch SQL`, rates.reflex, rates.sql, { target }));
    }
    return results;
  },
};
