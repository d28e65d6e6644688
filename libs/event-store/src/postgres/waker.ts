import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { EntityManager } from 'typeorm';
import type { DeliveryKey } from '../delivery';
import type { Wake } from '../event-store';
import { afterCommit } from './after-commit';
import { queryIn } from './data-source';
import { reachable } from './outage';
import { PROMOTE_DUE, WAKE, WAKE_PARKED } from './queries';

const BATCH = 1_000;
/** An entry of an index must stay below 2.7 kB. */
const MAX_KEY = 512;

/** Calls for parked deliveries. */
export class Waker {
  constructor(
    private readonly pool: Pool,
    /** Told after the commit. */
    private readonly onWake: () => void,
  ) {}

  async wake(whom: Wake[], manager?: EntityManager): Promise<void> {
    if (whom.length === 0) return;
    const keys = whom.flatMap((one) => ('waitsFor' in one ? [wakeKey(one.waitsFor)] : []));
    const deliveries = whom.filter((one): one is DeliveryKey => 'eventSeq' in one);
    const values = [keys, deliveries.map(({ eventSeq }) => eventSeq), deliveries.map(({ triggerId }) => triggerId)];
    if (manager) {
      await queryIn(manager, WAKE, values);
      afterCommit(manager, this.onWake);
      return;
    }
    await reachable(() => this.pool.query(WAKE, values));
    this.onWake();
  }

  /** What the sweep of a worker does, for a process without one. */
  async look(): Promise<void> {
    await this.pool.query(WAKE_PARKED, [BATCH]);
    await this.pool.query(PROMOTE_DUE, [BATCH]);
  }
}

/** A key as it is stored. */
export function wakeKey(text: string): string {
  const key = text.replaceAll('\u0000', '').toWellFormed();
  if (key.length <= MAX_KEY) return key;
  return `${key.slice(0, 64)}#${createHash('sha256').update(key).digest('hex')}`;
}
