import { Backlog } from '../backlog';
import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

/** What lies behind must not slow down what comes: the same work with millions of events and runs of this day, and without. */
export const history: Row = {
  name: 'history',
  async run(context): Promise<RowResult[]> {
    const claims = Math.max(100, context.scaled(300));
    const open = async () =>
      context.own(await Backlog.open({ databaseUrl: await context.freshDatabase(), waiting: 1_000, accounts: null }));
    const empty = await open();
    const full = await open();
    const events = context.scaled(context.options.history);
    const began = performance.now();
    await full.addHistory(events);
    context.log(`  ${events} events and runs were stored in ${Math.round((performance.now() - began) / 1_000)} s`);

    const p99 = await pairedRounds(context, { empty: () => empty.p99(claims), full: () => full.p99(claims) });

    const target = { target: { atMost: 1.2 }, unit: 'ms' };
    const [fullClaim, emptyClaim] = [p99.full.map(({ claim }) => claim), p99.empty.map(({ claim }) => claim)];
    const [fullPublish, emptyPublish] = [
      p99.full.map(({ publish }) => publish),
      p99.empty.map(({ publish }) => publish),
    ];
    const millions = `${context.options.history / 1_000_000}M`;
    return [
      compared(`claim p99, ${millions} events of history / none`, fullClaim, emptyClaim, target),
      compared(`publish p99, ${millions} events of history / none`, fullPublish, emptyPublish, target),
    ];
  },
};
