import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { StaleLease, StoreOverloaded } from '../errors';
import type { Delivery } from '../delivery';
import type { Settlement } from '../settlement';
import { arrayText, textArrayText } from './array-text';
import { queryIn } from './data-source';
import { GroupCommit } from './group-commit';
import { isOutage, reachable } from './outage';
import type { Publisher } from './publisher';
import { BETWEEN_JSON, SETTLE } from './queries';
import { toCopy } from './rows';
import { wakeKey } from './waker';

/** Parked without a deadline, in milliseconds: a hundred years, since a time must be named. */
const FOR_EVER_MS = 36_525 * 86_400_000;

/** Characters of an ending on the way to the database, about, beside what few have. */
const ROW_SIZE = 200;
const LIMITS = { items: 500, characters: 4_000_000, queue: 100_000 };

interface Ending {
  delivery: Delivery;
  outcome: Settlement['outcome'] | 'released';
  /** Milliseconds since 1970. */
  startedAt: number;
  durationMs: number;
  /** JSON of what few outcomes have, or nothing. */
  more: string;
  thoughtful: boolean;
}

interface Ended {
  fresh: boolean[];
  promoted: number;
}

type Run = <Row>(text: string, values: unknown[]) => Promise<Row[]>;

/** Ends attempts. Plain endings are group-committed; one with follow-ups or work of its own has its own transaction. */
export class Settler {
  // Two outcomes of one delivery must not meet in one commit: the first ends it, the second is stale.
  private readonly group: GroupCommit<Ending, boolean>;

  constructor(
    private readonly pool: Pool,
    private readonly dataSource: DataSource,
    private readonly publisher: Publisher,
    private readonly contextEvents: number,
    /** Told that the next of some scopes became claimable, after the commit. */
    private readonly onPromoted: () => void,
  ) {
    this.group = new GroupCommit(
      (batch) => this.endOnPool(batch),
      LIMITS,
      isOutage,
      () => new StoreOverloaded(LIMITS.queue),
    );
  }

  async settle(settlement: Settlement): Promise<void> {
    const { delivery, outcome, followUps = [], work } = settlement;
    const ending = endingOf(settlement);
    if (followUps.length === 0 && !work) {
      const [fresh] = await this.group.add({ items: [ending], size: ROW_SIZE + ending.more.length, keys: [delivery] });
      if (!fresh) throw staleLease(delivery);
      return;
    }

    const { promoted } = await reachable(() =>
      this.dataSource.transaction(async (manager) => {
        if (work) await work(manager);
        if (followUps.length > 0) await this.publisher.publishFollowUps(settlement, outcome === 'parked', manager);
        // Last, because it locks the lane, and because a stale lease must undo all of it.
        const ended = await this.end([ending], (text, values) => queryIn(manager, text, values));
        if (!ended.fresh[0]) throw staleLease(delivery);
        return ended;
      }),
    );
    if (promoted > 0) this.onPromoted();
  }

  /** Gives deliveries back untouched. Those that are no longer ours are somebody else's already. */
  async release(deliveries: Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const startedAt = Date.now();
    const endings = deliveries.map((delivery): Ending => {
      return { delivery, outcome: 'released', startedAt, durationMs: 0, more: '', thoughtful: false };
    });
    await this.group.add({ items: endings, size: ROW_SIZE * endings.length, keys: deliveries });
  }

  idle(): Promise<void> {
    return this.group.idle();
  }

  private async endOnPool(batch: Ending[]): Promise<boolean[]> {
    const { fresh, promoted } = await reachable(() =>
      this.end(batch, async (text, values) => (await this.pool.query(text, values)).rows),
    );
    if (promoted > 0) this.onPromoted();
    return fresh;
  }

  private async end(batch: Ending[], run: Run): Promise<Ended> {
    const values = [...columnsOf(batch), batch.some(({ thoughtful }) => thoughtful), this.contextEvents];
    const [row] = await run<{ stale: number[] | null; promoted: number | null }>(SETTLE, values);
    const fresh = batch.map(() => true);
    for (const place of row!.stale ?? []) fresh[place - 1] = false;
    return { fresh, promoted: row!.promoted ?? 0 };
  }
}

/** The arrays of `reflex.settle`. */
function columnsOf(batch: Ending[]): unknown[] {
  const plain = (value: (ending: Ending) => string | number) => arrayText(batch.map(value));
  const texts = (value: (ending: Ending) => string | null) => textArrayText(batch.map(value));
  return [
    plain(({ delivery }) => delivery.eventSeq),
    plain(({ delivery }) => delivery.triggerId),
    plain(({ delivery }) => delivery.leaseToken),
    texts(({ delivery }) => delivery.scope),
    plain(({ outcome }) => outcome),
    plain(({ delivery }) => delivery.attempt),
    texts(({ delivery }) => delivery.event?.id ?? `seq:${delivery.eventSeq}`),
    texts(({ delivery }) => delivery.event?.meta.trace_id ?? null),
    plain(({ startedAt }) => startedAt),
    plain(({ durationMs }) => durationMs),
    batch.map(({ more }) => more).join(BETWEEN_JSON),
  ];
}

function endingOf(settlement: Settlement): Ending {
  const { delivery, outcome, run, context } = settlement;
  return {
    delivery,
    outcome,
    startedAt: run.startedAt.getTime(),
    durationMs: run.durationMs,
    more: isPlain(settlement) ? '' : moreOf(settlement),
    thoughtful: context !== undefined,
  };
}

/** The most frequent outcome: a handler has returned, and that is all. */
function isPlain({ outcome, run, context }: Settlement): boolean {
  const { id, result, usage } = run;
  return outcome === 'completed' && !context && id === undefined && result === undefined && usage === undefined;
}

function moreOf(settlement: Settlement): string {
  const { delivery, outcome, run, retryInMs, deadLetterReason, context } = settlement;
  // JSON leaves out what is undefined.
  return JSON.stringify({
    n: run.id,
    rs: run.reason,
    er: run.error,
    re: run.result ?? undefined,
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
  });
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
