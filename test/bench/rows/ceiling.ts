import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

/** The same rows and protections by hand-written batch SQL: what PostgreSQL and Node could do at most. */
export const ceiling: Row = {
  name: 'ceiling',
  async run(context): Promise<RowResult[]> {
    const options = { publishers: 64, seconds: context.scaled(3), accounts: 1_000 };
    const many = { ...options, publishers: 1_000 };
    const waiting = { events: context.scaled(50_000), accounts: 1_000 };
    const batches = { events: context.scaled(50_000), batch: 1_000 };
    const reflex = await context.side('reflex', { work: 'live' });
    const sql = await context.side('batch SQL', { work: 'live' });
    const target = { atLeast: 0.6 };

    const live = await pairedRounds(context, { reflex: () => reflex.live(options), sql: () => sql.live(options) });
    const busy = await pairedRounds(context, { reflex: () => reflex.live(many), sql: () => sql.live(many) });
    const bulk = await pairedRounds(context, { reflex: () => reflex.bulk(batches), sql: () => sql.bulk(batches) });
    const drain = await pairedRounds(context, { reflex: () => reflex.drain(waiting), sql: () => sql.drain(waiting) });

    return [
      compared('live, 64 publishers / hand-written batch SQL', live.reflex, live.sql, { target }),
      compared('live, 1,000 publishers / hand-written batch SQL', busy.reflex, busy.sql, { target }),
      compared('bulk, batches of 1,000 / hand-written batch SQL', bulk.reflex, bulk.sql, { target }),
      compared('drain 50k / hand-written batch SQL', drain.reflex, drain.sql, { target }),
    ];
  },
};
