import { UnderWay } from '@reflex/core';
import type { Settlement } from '@reflex/event-store';
import type { Trigger } from '../trigger';
import type { Settling } from './settling';

interface Troubled {
  place: number;
  settlement: Settlement;
  error: unknown;
}

/**
 * The outcomes of one run on their way into the store. They are sent without waiting for each other, so that a scope is not
 * bound by round trips; the store commits them in the order in which they come. Only when one did not get through, and a
 * later one may have, is there a pause to put that right.
 */
export class SettleQueue {
  /** A lease was lost or an outcome refused: what was decided after it stands on nothing, the rest of the run goes back. */
  broken = false;
  private readonly underWay = new UnderWay();
  private troubled: Troubled[] | null = null;
  private sent = 0;
  private settledUpTo = -1;
  private newest: Settlement | null = null;

  constructor(
    private readonly trigger: Trigger,
    private readonly settling: Settling,
  ) {}

  get inTrouble(): boolean {
    return this.troubled !== null;
  }

  send(settlement: Settlement): void {
    const place = this.sent++;
    if (settlement.context) this.newest = settlement;
    this.underWay.begin();
    this.settling.try(settlement).then(
      () => this.arrived(place),
      (error: unknown) => this.failed({ place, settlement, error }),
    );
  }

  /** Until all that was sent is settled, or lost for good. */
  async flush(): Promise<void> {
    await this.underWay.idle();
    if (!this.troubled) return;
    const troubled = this.troubled.sort((a, b) => a.place - b.place);
    this.troubled = null;
    for (const { place, settlement, error } of troubled) {
      const result = await this.settling.insist(this.trigger, this.rebased(place, settlement), error);
      if (result !== 'settled') this.broken = true;
      this.settledUpTo = Math.max(this.settledUpTo, place);
    }
  }

  private arrived(place: number): void {
    this.settledUpTo = Math.max(this.settledUpTo, place);
    this.underWay.end();
  }

  private failed(troubled: Troubled): void {
    (this.troubled ??= []).push(troubled);
    this.underWay.end();
  }

  /** A later outcome is stored already: its scratch and filter state hold this one's changes too, and must not be undone. */
  private rebased(place: number, settlement: Settlement): Settlement {
    if (!settlement.context || place > this.settledUpTo || !this.newest?.context) return settlement;
    const { scratch, filters, wakeInMs } = this.newest.context;
    return { ...settlement, context: { ...settlement.context, scratch, filters, wakeInMs } };
  }
}
