import type { Pool } from 'pg';
import type { Claim, SlotRequest } from '../event-store';
import type { Delivery } from '../delivery';
import { reachable } from './outage';
import { CLAIM, LOAD_CONTEXTS, UNKNOWN_CLAIMS } from './queries';
import { toContext, toDelivery, type ClaimRow, type ContextRow } from './rows';
import type { TriggerTable } from './trigger-table';

/** Takes claimable deliveries and groups them into runs. */
export class Claimer {
  /** Deliveries in work here that saw two processes die: one at a time, so that the next death has one cause. */
  private readonly suspects = new Set<string>();
  /** How many deliveries of each claim are in work here, by its lease token. */
  private readonly held = new Map<string, number>();
  /** A claim failed here, and may have been committed all the same. */
  private doubtful = false;
  /** Publishes under way that may give us deliveries. */
  private expected = 0;

  constructor(
    private readonly pool: Pool,
    private readonly triggers: TriggerTable,
    private readonly limits: { runLength: number; contextEvents: number },
    private readonly release: (deliveries: Delivery[]) => Promise<void>,
  ) {}

  async claim(workerId: number, wanted: SlotRequest[]): Promise<Claim> {
    try {
      // What a publish under way brings would look unknown as well.
      if (this.doubtful && this.expected === 0) await this.giveBackUnknown(workerId);
      return await this.take(workerId, wanted);
    } catch (error) {
      this.doubtful = true;
      throw error;
    }
  }

  /** A publish is about to give us deliveries; false when it must not. Ends with `receive` or `miss`. */
  expect(): boolean {
    if (this.doubtful) return false;
    this.expected += 1;
    return true;
  }

  receive(deliveries: Delivery[]): void {
    this.expected -= 1;
    for (const { leaseToken } of deliveries) this.hold(leaseToken);
  }

  /** The publish failed, and may have been committed all the same. */
  miss(): void {
    this.expected -= 1;
    this.doubtful = true;
  }

  /** Makes runs of received deliveries, which are ordered as a claim's rows. */
  async adopt(deliveries: Delivery[]): Promise<Delivery[][]> {
    try {
      const runs = group(deliveries);
      await this.loadContexts(runs);
      return runs;
    } catch (error) {
      for (const delivery of deliveries) this.forget(delivery);
      this.doubtful = true;
      throw error;
    }
  }

  /** A delivery is no longer in work here. */
  forget({ eventSeq, triggerId, leaseToken }: Delivery): void {
    if (this.suspects.size > 0) this.suspects.delete(`${eventSeq}/${triggerId}`);
    const left = (this.held.get(leaseToken) ?? 0) - 1;
    if (left > 0) this.held.set(leaseToken, left);
    else this.held.delete(leaseToken);
  }

  private async take(workerId: number, wanted: SlotRequest[]): Promise<Claim> {
    const rows = await this.rows<ClaimRow>(CLAIM, [
      workerId,
      wanted.map(({ triggerId }) => triggerId),
      wanted.map(({ slots }) => slots),
      this.suspects.size > 0 ? 0 : 1,
      this.limits.runLength,
    ]);
    const runs = group(rows.map((row) => toDelivery(row, this.triggers.nameOf(row.trigger_id))));
    await this.loadContexts(runs);
    for (const { lease_token, suspect, event_seq, trigger_id } of rows) {
      this.hold(lease_token);
      if (suspect) this.suspects.add(`${event_seq}/${trigger_id}`);
    }
    return { now: rows[0] ? new Date(Number(rows[0].now)) : new Date(), runs };
  }

  private hold(leaseToken: string): void {
    this.held.set(leaseToken, (this.held.get(leaseToken) ?? 0) + 1);
  }

  // The answer to a claim was lost: what it took would stay ours, with nobody at work on it, as long as we live.
  private async giveBackUnknown(workerId: number): Promise<void> {
    const rows = await this.rows<{ event_seq: string; trigger_id: number; scope: string | null; lease_token: string }>(
      UNKNOWN_CLAIMS,
      [workerId, [...this.held.keys()]],
    );
    await this.release(
      rows.map((row) => ({
        eventSeq: row.event_seq,
        triggerId: row.trigger_id,
        scope: row.scope,
        leaseToken: row.lease_token,
        trigger: this.triggers.nameOf(row.trigger_id),
        attempt: 0,
        event: null,
        context: null,
      })),
    );
    this.doubtful = false;
  }

  private async loadContexts(runs: Delivery[][]): Promise<void> {
    const heads = runs
      .map((run) => run[0]!)
      .filter(({ triggerId, scope }) => scope !== null && this.triggers.isStateful(triggerId));
    if (heads.length === 0) return;
    const rows = await this.rows<ContextRow>(LOAD_CONTEXTS, [
      heads.map(({ triggerId }) => triggerId),
      heads.map(({ scope }) => scope),
      this.limits.contextEvents,
    ]);
    const contexts = new Map(rows.map((row) => [`${row.trigger_id}/${row.scope}`, toContext(row)]));
    for (const head of heads) head.context = contexts.get(`${head.triggerId}/${head.scope}`) ?? null;
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}

// Deliveries come ordered by trigger, scope and place in the log.
function group(deliveries: Delivery[]): Delivery[][] {
  const runs: Delivery[][] = [];
  for (const delivery of deliveries) {
    const last = runs.at(-1)?.[0];
    const continues =
      delivery.scope !== null && last?.scope === delivery.scope && last.triggerId === delivery.triggerId;
    if (continues) runs.at(-1)!.push(delivery);
    else runs.push([delivery]);
  }
  return runs;
}
