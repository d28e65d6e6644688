import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { StaleLease, StoreOverloaded } from '../errors';
import type { Delivery } from '../delivery';
import type { Settlement } from '../settlement';
import { queryIn } from './data-source';
import { GroupCommit } from './group-commit';
import { isOutage, reachable } from './outage';
import type { Publisher } from './publisher';
import { SETTLE } from './queries';
import { toCopy } from './rows';
import { wakeKey } from './waker';

/** Parked without a deadline, in milliseconds: a hundred years, since a time must be named. */
const FOR_EVER_MS = 36_525 * 86_400_000;

const LIMITS = { items: 500, characters: 4_000_000, queue: 100_000 };

interface Ending {
  delivery: Delivery;
  record: string;
  thoughtful: boolean;
}

type Run = <Row>(text: string, values: unknown[]) => Promise<Row[]>;

/** Ends attempts. Plain endings are group-committed; one with follow-ups or work of its own has its own transaction. */
export class Settler {
  private readonly group: GroupCommit<Ending, boolean>;

  constructor(
    private readonly pool: Pool,
    private readonly dataSource: DataSource,
    private readonly publisher: Publisher,
    private readonly contextEvents: number,
  ) {
    this.group = new GroupCommit(
      (batch) => this.end(batch, async (text, values) => (await this.pool.query(text, values)).rows),
      LIMITS,
      isOutage,
      () => new StoreOverloaded(LIMITS.queue),
    );
  }

  async settle(settlement: Settlement): Promise<void> {
    const { delivery, followUps = [], work } = settlement;
    const ending: Ending = {
      delivery,
      record: JSON.stringify(settlementRecord(settlement)),
      thoughtful: settlement.context !== undefined,
    };
    if (followUps.length === 0 && !work) return this.endTogether([ending]);

    await reachable(() =>
      this.dataSource.transaction(async (manager) => {
        if (work) await work(manager);
        if (followUps.length > 0) await this.publisher.publishFollowUps(followUps, delivery.event!, manager);
        // Last, because it locks the lane, and because a stale lease must undo all of it.
        const [fresh] = await this.end([ending], (text, values) => queryIn(manager, text, values));
        if (!fresh) throw staleLease(delivery);
      }),
    );
  }

  /** Gives deliveries back untouched. Those that are no longer ours are somebody else's already. */
  async release(deliveries: Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const endings = deliveries.map((delivery) => ({
      delivery,
      record: JSON.stringify({ ...keyOf(delivery), o: 'released' }),
      thoughtful: false,
    }));
    await this.endTogether(endings).catch((error: unknown) => {
      if (!(error instanceof StaleLease)) throw error;
    });
  }

  idle(): Promise<void> {
    return this.group.idle();
  }

  private async endTogether(endings: Ending[]): Promise<void> {
    const size = endings.reduce((sum, { record }) => sum + record.length, 0);
    // Two outcomes of one delivery must not meet in one commit: the first ends it, the second is stale.
    const keys = endings.map(({ delivery }) => `${delivery.eventSeq}/${delivery.triggerId}`);
    const fresh = await reachable(() => this.group.add({ items: endings, size, keys }));
    const stale = fresh.indexOf(false);
    if (stale >= 0) throw staleLease(endings[stale]!.delivery);
  }

  private async end(batch: Ending[], run: Run): Promise<boolean[]> {
    const json = `[${batch.map(({ record }) => record).join()}]`;
    const laned = batch.some(({ delivery }) => delivery.scope !== null);
    const thoughtful = batch.some((ending) => ending.thoughtful);
    const rows = await run<{ s: string; t: number }>(SETTLE, [json, laned, thoughtful, this.contextEvents]);
    if (rows.length === 0) return batch.map(() => true);
    const stale = new Set(rows.map(({ s, t }) => `${s}/${t}`));
    return batch.map(({ delivery }) => !stale.has(`${delivery.eventSeq}/${delivery.triggerId}`));
  }
}

function keyOf({ eventSeq, triggerId, leaseToken, scope }: Delivery) {
  return { s: eventSeq, t: triggerId, k: leaseToken, c: scope };
}

function settlementRecord(settlement: Settlement) {
  const { delivery, outcome, run, retryInMs, deadLetterReason, context } = settlement;
  return {
    ...keyOf(delivery),
    e: delivery.event?.id ?? `seq:${delivery.eventSeq}`,
    a: delivery.attempt,
    o: outcome,
    b: run.startedAt,
    d: run.durationMs,
    tr: delivery.event?.meta.trace_id,
    rs: run.reason,
    er: run.error,
    re: run.result,
    us: run.usage,
    w: waitMs(outcome, retryInMs),
    pk: outcome === 'parked' ? parkingOf(settlement) : undefined,
    why: outcome === 'dead_letter' ? (deadLetterReason ?? 'attempts_exhausted') : undefined,
    x: context && {
      clear: context.clear,
      append: context.append,
      event: context.append && delivery.event ? toCopy(delivery.event) : undefined,
      scratch: context.scratch,
      filters: context.filters,
      acted: context.acted,
      wake: context.wakeInMs,
    },
  };
}

function waitMs(outcome: Settlement['outcome'], retryInMs: number | undefined): number | undefined {
  if (outcome === 'parked') return retryInMs ?? FOR_EVER_MS;
  return outcome === 'failed' || outcome === 'deferred' ? (retryInMs ?? 0) : undefined;
}

function parkingOf({ run, retryInMs, waitsFor }: Settlement) {
  return {
    reason: run.reason,
    waits_for: waitsFor === undefined ? undefined : wakeKey(waitsFor),
    deadline: retryInMs !== undefined,
  };
}

function staleLease(delivery: Delivery): StaleLease {
  return new StaleLease(delivery.trigger, delivery.event?.id ?? delivery.eventSeq);
}
