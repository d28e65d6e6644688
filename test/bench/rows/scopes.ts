import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

/** The same with the order of each scope kept, against ours without scopes. */
export const scopes: Row = {
  name: 'scopes',
  async run(context): Promise<RowResult[]> {
    const options = { publishers: 64, seconds: context.scaled(3) };
    const unscoped = await context.side('reflex', { work: 'live' });
    const scoped = await context.side('reflex', { work: 'live', scoped: true });

    const rates = await pairedRounds(context, {
      unscoped: () => unscoped.live({ ...options, accounts: 1_000 }),
      thousand: () => scoped.live({ ...options, accounts: 1_000 }),
      twenty: () => scoped.live({ ...options, accounts: 20 }),
    });
    const events = context.scaled(50_000);
    const drained = await pairedRounds(context, {
      unscoped: () => unscoped.drain({ events, accounts: 1_000 }),
      thousand: () => scoped.drain({ events, accounts: 1_000 }),
    });

    return [
      compared('live, 1,000 scopes / our unscoped', rates.thousand, rates.unscoped, { target: { atLeast: 0.7 } }),
      compared('live, 20 scopes / our unscoped', rates.twenty, rates.unscoped, { target: { atLeast: 0.5 } }),
      // A lane hands over 16 at most before it is asked for again: the prototype came to 22k of 86k.
      compared('drain 50k, 1,000 scopes / our unscoped', drained.thousand, drained.unscoped, {
        target: { atLeast: 0.25 },
      }),
    ];
  },
};
