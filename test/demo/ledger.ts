import type { SentEvent } from '../e2e/driver/mixed-events';

export type Channel = 'GitHub webhooks' | 'HTTP' | 'WebSocket';

/** An event that the service said it had stored. */
export interface Acknowledged {
  id: string;
  event: SentEvent;
  channel: Channel;
  /** In the milliseconds of `performance.now()`. */
  sentAt: number;
}

/** Something that the service did not take, as it must not. */
export interface Refused {
  what: string;
  status: number;
  code: string;
  message: string;
}

/** What was sent and what the service said to it: the demo's own books, against which the service is checked. */
export class Ledger {
  readonly acknowledged: Acknowledged[] = [];
  readonly refused: Refused[] = [];
  /** Events sent a second time, with the id that was answered then and at first. */
  readonly repeated: { first: string; again: string }[] = [];
  /** What should have been taken and was not. */
  readonly troubles: string[] = [];

  get events(): SentEvent[] {
    return this.acknowledged.map(({ event }) => event);
  }

  byChannel(channel: Channel): Acknowledged[] {
    return this.acknowledged.filter((entry) => entry.channel === channel);
  }
}
