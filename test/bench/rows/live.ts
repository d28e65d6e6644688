import { compared, type RowResult, withoutPeer } from '../row-results';
import { pairedRounds } from '../rounds';
import { NO_REDIS, type Row } from './row';

/** 64 publishers, one event per call, one no-op trigger without scope; run history is kept on our side. */
export const live: Row = {
  name: 'live',
  async run(context): Promise<RowResult[]> {
    const options = { publishers: 64, seconds: context.scaled(3), accounts: 1_000 };
    const reflex = await context.side('reflex', { work: 'live' });
    const graphile = await context.side('graphile-worker', { work: 'live' });
    const boss = await context.side('pg-boss', { work: 'live' });
    const bull = context.hasRedis ? await context.side('BullMQ', { work: 'live' }) : null;

    const rates = await pairedRounds<string, number>(context, {
      reflex: () => reflex.live(options),
      graphile: () => graphile.live(options),
      boss: () => boss.live(options),
      ...(bull && { bull: () => bull.live(options) }),
    });

    const ours = rates['reflex']!;
    const bullName = 'live, 64 publishers / BullMQ add';
    return [
      compared('live, 64 publishers / graphile-worker addJob', ours, rates['graphile']!, { target: { atLeast: 15 } }),
      compared('live, 64 publishers / pg-boss send', ours, rates['boss']!, { target: { atLeast: 6 } }),
      bull
        ? compared(bullName, ours, rates['bull']!, { target: { atLeast: 1.2 } })
        : withoutPeer(bullName, ours, { atLeast: 1.2 }, NO_REDIS),
    ];
  },
};
