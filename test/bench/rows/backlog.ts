import { Backlog } from '../backlog';
import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

/** A claim must not take longer because much waits, be it of all kinds or of one scope. */
export const backlog: Row = {
  name: 'backlog',
  async run(context): Promise<RowResult[]> {
    const claims = Math.max(100, context.scaled(300));
    const open = async (waiting: number, accounts: number | null) =>
      Backlog.open({ databaseUrl: await context.freshDatabase(), waiting, accounts });
    const short = await open(1_000, null);
    const long = await open(context.scaled(1_000_000), null);
    const even = await open(1_000, 200);
    const hot = await open(1_000, 200);
    await hot.heat(context.scaled(200_000));
    try {
      const rounds = await pairedRounds(context, {
        short: () => short.p99(claims),
        long: () => long.p99(claims),
        even: () => even.p99(claims),
        hot: () => hot.p99(claims),
      });
      const p99 = (name: keyof typeof rounds) => rounds[name].map(({ claim }) => claim);
      const target = { target: { atMost: 3 }, unit: 'ms' };
      return [
        compared('claim p99, 1M waiting / 1,000 waiting', p99('long'), p99('short'), target),
        compared('claim p99, 200k waiting in one scope / 1,000 in 200 scopes', p99('hot'), p99('even'), target),
      ];
    } finally {
      await Promise.all([short, long, even, hot].map((one) => one.close()));
    }
  },
};
