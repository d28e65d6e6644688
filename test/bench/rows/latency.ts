import { against, compared, type RowResult, withoutPeer } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Latency } from '../workloads';
import { NO_REDIS, type Row } from './row';

/** 100 events a second, from the call of publish to the start of the handler; all are woken by notifications. */
export const latency: Row = {
  name: 'latency',
  async run(context): Promise<RowResult[]> {
    const options = { perSecond: 100, seconds: context.scaled(6) };
    const reflex = await context.side('reflex', { work: 'latency' });
    const graphile = await context.side('graphile-worker', { work: 'latency' });
    const boss = await context.side('pg-boss', { work: 'latency' });
    const sql = await context.side('batch SQL', { work: 'latency' });
    const bull = context.hasRedis ? await context.side('BullMQ', { work: 'latency' }) : null;

    const rounds = await pairedRounds<string, Latency>(context, {
      reflex: () => reflex.latency(options),
      graphile: () => graphile.latency(options),
      boss: () => boss.latency(options),
      sql: () => sql.latency(options),
      ...(bull && { bull: () => bull.latency(options) }),
    });

    const p50 = (name: string) => rounds[name]!.map((round) => round.p50);
    const p99 = (name: string) => rounds[name]!.map((round) => round.p99);
    const target = { atMost: 3 };
    return [
      compared('latency p50 at 100/s / graphile-worker', p50('reflex'), p50('graphile'), {
        target: { atMost: 0.5 },
        unit: 'ms',
      }),
      bull
        ? compared('latency p50 at 100/s / BullMQ', p50('reflex'), p50('bull'), { target, unit: 'ms' })
        : withoutPeer('latency p50 at 100/s / BullMQ', p50('reflex'), target, NO_REDIS, 'ms'),
      against('latency p99 at 100/s', p99('reflex'), { atMost: 10 }, 'ms'),
      compared('latency p50 at 100/s / pg-boss', p50('reflex'), p50('boss'), { unit: 'ms' }),
      // The way there and back of two commits: no worker can begin earlier.
      compared('latency p50 at 100/s / hand-written batch SQL', p50('reflex'), p50('sql'), { unit: 'ms' }),
      compared('latency p99 at 100/s / graphile-worker', p99('reflex'), p99('graphile'), { unit: 'ms' }),
      ...(bull ? [compared('latency p99 at 100/s / BullMQ', p99('reflex'), p99('bull'), { unit: 'ms' })] : []),
    ];
  },
};
