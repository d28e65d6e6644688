import { AppProcess } from '../app/app-process';
import { Backlogged } from '../app/backlogged';
import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

const FEW = 20_000;
const SIZED = 50_000;
const WORKING_MS = 2_000;

/**
 * A million deliveries wait. A process holds only what it has claimed, so its memory must be what it is with few of them:
 * 1.2 times leaves room for when the garbage is collected. On disk, a waiting event is a row of the log, a delivery and
 * its place in five indexes, where a job of graphile-worker is one row with fewer: three times its size is what we allow.
 */
export const memory: Row = {
  name: 'memory',
  async run(context): Promise<RowResult[]> {
    await AppProcess.build();
    const few = await Backlogged.open(context);
    const many = await Backlogged.open(context);
    const waiting = context.scaled(1_000_000);
    await many.publish(waiting);

    const graphile = await context.side('graphile-worker', { work: 'bulk' });
    const peer = await graphile.size({ events: SIZED, accounts: 1_000 });
    const ours = (await many.bytes()) / waiting;

    const peaks = await pairedRounds(context, {
      few: async () => few.peakWhile(() => few.publish(FEW), WORKING_MS),
      many: async () => many.peakWhile(() => many.publish(FEW), WORKING_MS),
    });
    return [
      compared('memory of the service, 1M waiting / 20,000', peaks.many, peaks.few, {
        target: { atMost: 1.2 },
        unit: 'MB',
      }),
      compared('disk for 1M waiting, each / graphile-worker', [ours], [peer], { target: { atMost: 3 }, unit: 'B' }),
    ];
  },
};
