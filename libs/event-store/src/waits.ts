import type { JsonObject } from '@reflex/core';
import type { Delivery, StoredEvent } from './delivery';

/** The event that a delivery waits for. */
export interface AwaitedEvent {
  type: string;
  /** Fields that it must have; `null`: it must have the correlation of the delivery's own event. */
  match: JsonObject | null;
  /** `null` for as long as it takes. */
  timeoutMs: number | null;
  /** Ids of events that other waits of the delivery got. */
  taken: string[];
}

export interface WaitState {
  /** The first that came after the delivery's own event, and that nobody has taken. */
  event: StoredEvent | null;
  /** Until the time is up; `null` for never. */
  leftMs: number | null;
}

/**
 * What deliveries wait for, by name within a delivery. Publishing an event wakes those who wait for it, whoever publishes,
 * also while they are being parked; the delivery is then to look.
 */
export abstract class EventWaits {
  /** Notes the wait, unless it is noted already, and looks: also for what has come before it was noted. */
  abstract look(delivery: Delivery, replay: number, name: string, awaited: AwaitedEvent): Promise<WaitState>;
  abstract close(delivery: Delivery, replay: number, name: string): Promise<void>;
}
