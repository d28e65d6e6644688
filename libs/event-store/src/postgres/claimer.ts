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

  constructor(
    private readonly pool: Pool,
    private readonly triggers: TriggerTable,
    private readonly limits: { runLength: number; contextEvents: number },
    private readonly release: (deliveries: Delivery[]) => Promise<void>,
  ) {}

  async claim(workerId: number, wanted: SlotRequest[]): Promise<Claim> {
    try {
      if (this.doubtful) await this.giveBackUnknown(workerId);
      return await this.take(workerId, wanted);
    } catch (error) {
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
    const runs = this.group(rows);
    await this.loadContexts(runs);
    for (const { lease_token, suspect, event_seq, trigger_id } of rows) {
      this.held.set(lease_token, (this.held.get(lease_token) ?? 0) + 1);
      if (suspect) this.suspects.add(`${event_seq}/${trigger_id}`);
    }
    return { now: rows[0]?.now ?? new Date(), runs };
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

  // Rows come ordered by trigger, scope and place in the log.
  private group(rows: ClaimRow[]): Delivery[][] {
    const runs: Delivery[][] = [];
    for (const row of rows) {
      const delivery = toDelivery(row, this.triggers.nameOf(row.trigger_id));
      const last = runs.at(-1)?.[0];
      const continues = row.scope !== null && last?.scope === row.scope && last.triggerId === row.trigger_id;
      if (continues) runs.at(-1)!.push(delivery);
      else runs.push([delivery]);
    }
    return runs;
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
