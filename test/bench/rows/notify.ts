import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

/** What notifications cost: NOTIFY takes a lock of the whole database at commit. */
export const notify: Row = {
  name: 'notify',
  async run(context): Promise<RowResult[]> {
    const options = { publishers: 64, seconds: context.scaled(3), accounts: 1_000 };
    const on = await context.side('reflex', { work: 'live' });
    const off = await context.side('reflex', { work: 'live', notify: false });

    const rates = await pairedRounds(context, { on: () => on.live(options), off: () => off.live(options) });

    return [compared('live, 64 publishers, notify on / off', rates.on, rates.off, { target: { atLeast: 0.9 } })];
  },
};
