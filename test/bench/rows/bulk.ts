import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

/** Batches of 1,000, one after the other; we write a log and deliveries, the others jobs alone. */
export const bulk: Row = {
  name: 'bulk',
  async run(context): Promise<RowResult[]> {
    const options = { events: context.scaled(50_000), batch: 1_000 };
    const reflex = await context.side('reflex', { work: 'bulk' });
    const graphile = await context.side('graphile-worker', { work: 'bulk' });
    const boss = await context.side('pg-boss', { work: 'bulk' });
    const bull = context.hasRedis ? await context.side('BullMQ', { work: 'bulk' }) : null;

    const rates = await pairedRounds<string, number>(context, {
      reflex: () => reflex.bulk(options),
      graphile: () => graphile.bulk(options),
      boss: () => boss.bulk(options),
      ...(bull && { bull: () => bull.bulk(options) }),
    });

    const ours = rates['reflex']!;
    return [
      compared('bulk, batches of 1,000 / graphile-worker addJobs', ours, rates['graphile']!, {
        target: { atLeast: 0.9 },
      }),
      compared('bulk, batches of 1,000 / pg-boss insert', ours, rates['boss']!),
      ...(bull ? [compared('bulk, batches of 1,000 / BullMQ addBulk', ours, rates['bull']!)] : []),
    ];
  },
};
