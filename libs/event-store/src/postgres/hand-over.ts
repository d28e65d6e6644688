import type { Claim, Offer } from '../event-store';
import type { Delivery, StoredEvent } from '../delivery';
import type { Claimer } from './claimer';
import type { TriggerTable } from './trigger-table';

/** What `reflex.publish` answers of the deliveries that it gave away; `null` for none. */
export interface GivenRow {
  at: Date;
  token: string | null;
  given_ids: string[] | null;
  given_seqs: string[] | null;
  given_triggers: number[] | null;
  given_scopes: (string | null)[] | null;
}

/** What is said to `reflex.publish`: worker or none, its triggers, their slots, the longest run. */
export type OfferValues = [workerId: number | null, triggerIds: number[], slots: number[], runLength: number];

export const NO_OFFER: OfferValues = [null, [], [], 1];

/** The events of a batch by their ids, each as the log would give it. */
type Batch = Map<string, () => StoredEvent>;

export interface HandOverSurroundings {
  /** `null` without a lease. */
  workerId(): number | null;
  triggers: TriggerTable;
  runLength: number;
  claimer(): Claimer;
  warn(error: unknown): void;
}

/** Deliveries on the short way from a publish to a worker of the same process. */
export class HandOver {
  private ask: (() => Offer | null) | null = null;

  constructor(private readonly around: HandOverSurroundings) {}

  to(ask: () => Offer | null): () => void {
    this.ask = ask;
    return () => {
      if (this.ask === ask) this.ask = null;
    };
  }

  /** Publishes with what the worker offers, if it does. */
  async during<Row extends GivenRow>(
    publish: (values: OfferValues) => Promise<Row>,
    batchAt: (receivedAt: Date) => Batch,
  ): Promise<Row> {
    const { runLength } = this.around;
    const claimer = this.around.claimer();
    const workerId = this.around.workerId();
    const offer = workerId === null ? null : this.ask?.();
    if (!offer) return publish(NO_OFFER);
    if (!claimer.expect()) {
      offer.take(nothing());
      return publish(NO_OFFER);
    }
    const { wanted } = offer;
    try {
      const triggerIds = wanted.map(({ triggerId }) => triggerId);
      const slots = wanted.map((one) => one.slots);
      const row = await publish([workerId!, triggerIds, slots, runLength]);
      const deliveries = row.given_ids ? this.deliveriesOf(row, batchAt(row.at)) : [];
      claimer.receive(deliveries);
      // The publishers get their answers first: a handler may keep the event loop for long.
      setImmediate(() => void this.give(offer, deliveries, row.at));
      return row;
    } catch (error) {
      claimer.miss();
      offer.take(nothing());
      throw error;
    }
  }

  private async give(offer: Offer, deliveries: Delivery[], now: Date): Promise<void> {
    let claim: Claim = nothing();
    try {
      if (deliveries.length > 0) claim = { now, runs: await this.around.claimer().adopt(deliveries) };
    } catch (error) {
      this.around.warn(error);
    }
    offer.take(claim);
  }

  private deliveriesOf(row: GivenRow, batch: Batch): Delivery[] {
    return row.given_ids!.map((id, index) => ({
      eventSeq: row.given_seqs![index]!,
      triggerId: row.given_triggers![index]!,
      leaseToken: row.token!,
      trigger: this.around.triggers.nameOf(row.given_triggers![index]!),
      scope: row.given_scopes![index]!,
      attempt: 1,
      event: batch.get(id)!(),
      context: null,
    }));
  }
}

function nothing(): Claim {
  return { now: new Date(), runs: [] };
}
