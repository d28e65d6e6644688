import { type Duration, durationMs } from '@reflex/core';
import type { BaseEvent } from '@reflex/events';
import { type Delay, delaysOf } from '@reflex/event-store';

/** When a follow-up is handed out: after a while, or at a time of the database's clock. Both are at most a year ahead. */
export type When = { delay: Duration; at?: undefined } | { at: Date; delay?: undefined };

/** Events that an attempt publishes when it is settled, each with its delay. */
export class FollowUps {
  readonly events: BaseEvent[] = [];
  readonly delays: Delay[] = [];

  /** Throws `InvalidDelay`. */
  add(events: BaseEvent[], when?: When): void {
    const delayMs = when?.delay === undefined ? undefined : durationMs(when.delay);
    this.delays.push(...delaysOf({ delayMs, deliverAt: when?.at }, events.length));
    this.events.push(...events);
  }
}
