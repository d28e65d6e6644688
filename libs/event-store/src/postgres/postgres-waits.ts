import type { Pool } from 'pg';
import type { Delivery } from '../delivery';
import { type AwaitedEvent, EventWaits, type WaitState } from '../waits';
import { reachable } from './outage';
import { CLOSE_WAIT, LOOK_FOR, OPEN_WAIT } from './queries';
import { type EventCopy, fromCopy } from './rows';

export class PostgresWaits extends EventWaits {
  constructor(private readonly pool: Pool) {
    super();
  }

  async look(delivery: Delivery, replay: number, name: string, awaited: AwaitedEvent): Promise<WaitState> {
    const { eventSeq, triggerId, event } = delivery;
    const wanted = JSON.stringify({
      type: awaited.type,
      match: awaited.match ?? undefined,
      correlation: event?.meta.correlation_id ?? '',
      taken: awaited.taken,
      event_at: event?.receivedAt,
      timeout: awaited.timeoutMs,
    });
    const key = [eventSeq, triggerId, replay, name];
    // Two round trips: who publishes must see the wait before we look, or neither would see the other.
    await this.rows(OPEN_WAIT, [...key, wanted]);
    const [row] = await this.rows<{ event: EventCopy | null; left_ms: number | null }>(LOOK_FOR, [
      ...key,
      awaited.taken,
    ]);
    return { event: row!.event && fromCopy(row!.event), leftMs: row!.left_ms };
  }

  async close({ eventSeq, triggerId }: Delivery, replay: number, name: string): Promise<void> {
    await this.rows(CLOSE_WAIT, [eventSeq, triggerId, replay, name]);
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}
