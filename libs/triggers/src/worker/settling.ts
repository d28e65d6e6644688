import { backoffMs } from '@reflex/core';
import {
  type Delivery,
  type EventStore,
  failure,
  type Settlement,
  StaleLease,
  StoreOverloaded,
  StoreUnavailable,
} from '@reflex/event-store';
import type { Trigger } from '../trigger';
import type { Session } from './session';
import type { WorkerEmitter } from './worker-events';

const BACKOFF = { baseMs: 100, maxMs: 2_000 };
/** A settlement with work of the handler's own is tried so often: the outage may be that work's, not the store's. */
const TRIES_WITH_WORK = 4;

/** `settled` as wished · `failed` the wish could not be stored, a failed attempt was · `dropped` it is not ours any more. */
export type Settled = 'settled' | 'failed' | 'dropped';

/** Brings outcomes into the store, and insists while the lease lives. Never rejects. */
export class Settling {
  constructor(
    private readonly store: EventStore,
    private readonly session: Session,
    private readonly emitter: WorkerEmitter,
  ) {}

  /** The first try alone; its error goes to `insist`. */
  try(settlement: Settlement): Promise<void> {
    return this.store.settle(settlement).then(() => this.report(settlement));
  }

  async insist(trigger: Trigger, wished: Settlement, firstError: unknown): Promise<Settled> {
    let settlement = wished;
    let error = firstError;
    for (let tries = 1; !this.session.over; tries += 1) {
      if (error instanceof StaleLease) {
        this.emitter.emit('stale', wished.delivery, wished.outcome);
        return 'dropped';
      }
      const hopeless = !isPassing(error) || (wished.work && tries >= TRIES_WITH_WORK);
      if (settlement === wished && hopeless) {
        settlement = failure(trigger, wished.delivery, wished.run, error);
      } else {
        this.emitter.emit('storeError', error);
        await this.session.pause(backoffMs(Math.min(tries, 10), BACKOFF));
      }
      try {
        await this.store.settle(settlement);
      } catch (next) {
        error = next;
        continue;
      }
      this.report(settlement);
      return settlement === wished ? 'settled' : 'failed';
    }
    return 'dropped';
  }

  /** Gives deliveries back untouched, and insists. */
  async release(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    for (let tries = 1; !this.session.over; tries += 1) {
      try {
        await this.store.release([...deliveries]);
        this.emitter.emit('released', deliveries);
        return;
      } catch (error) {
        this.emitter.emit('storeError', error);
        await this.session.pause(backoffMs(Math.min(tries, 10), BACKOFF));
      }
    }
  }

  private report(settlement: Settlement): void {
    this.emitter.emit('settled', settlement);
    if (settlement.outcome === 'failed') this.emitter.emit('failed', settlement);
    if (settlement.outcome === 'dead_letter') this.emitter.emit('deadLettered', settlement);
  }
}

/** The store may take it later. */
export function isPassing(error: unknown): boolean {
  return error instanceof StoreUnavailable || error instanceof StoreOverloaded;
}
