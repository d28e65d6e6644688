import { compared, type RowResult, withoutPeer } from '../row-results';
import { pairedRounds } from '../rounds';
import { NO_REDIS, type Row } from './row';

/** 50,000 deliveries wait, one process works them off; run history is kept on our side. */
export const drain: Row = {
  name: 'drain',
  async run(context): Promise<RowResult[]> {
    const options = { events: context.scaled(50_000), accounts: 1_000 };
    const reflex = await context.side('reflex', { work: 'drain' });
    const graphile = await context.side('graphile-worker', { work: 'drain' });
    const boss = await context.side('pg-boss', { work: 'drain' });
    const bull = context.hasRedis ? await context.side('BullMQ', { work: 'drain' }) : null;

    const rates = await pairedRounds<string, number>(context, {
      reflex: () => reflex.drain(options),
      graphile: () => graphile.drain(options),
      boss: () => boss.drain(options),
      ...(bull && { bull: () => bull.drain(options) }),
    });

    const ours = rates['reflex']!;
    return [
      compared('drain 50k / graphile-worker', ours, rates['graphile']!, { target: { atLeast: 2 } }),
      compared('drain 50k / pg-boss', ours, rates['boss']!),
      bull
        ? compared('drain 50k / BullMQ', ours, rates['bull']!, { target: { atLeast: 2 } })
        : withoutPeer('drain 50k / BullMQ', ours, { atLeast: 2 }, NO_REDIS),
    ];
  },
};
