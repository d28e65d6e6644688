import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

/**
 * Fan-out: deliveries per second when each event goes to several triggers, against our own with one. The event is parsed,
 * stored and logged once, so a delivery of a fan-out must not cost more than a single one.
 */
export const triggers: Row = {
  name: 'triggers',
  async run(context): Promise<RowResult[]> {
    const options = { publishers: 64, seconds: context.scaled(3), accounts: 1_000 };
    const rateOf = async (deliveries: number) => {
      const side = await context.side('reflex', { work: 'live', triggers: deliveries });
      return async () => deliveries * (await side.live({ ...options, deliveries }));
    };
    const rates = await pairedRounds(context, { one: await rateOf(1), three: await rateOf(3), ten: await rateOf(10) });

    const target = { target: { atLeast: 1 } };
    return [
      compared('deliveries, 3 triggers per event / our 1 trigger', rates.three, rates.one, target),
      compared('deliveries, 10 triggers per event / our 1 trigger', rates.ten, rates.one, target),
    ];
  },
};
