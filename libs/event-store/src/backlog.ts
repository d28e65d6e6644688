import type { JsonObject } from '@reflex/core';

/** What may wait before clients are refused; 0 for any number. */
export interface BacklogBounds {
  /** Of a trigger that says nothing itself. */
  perTrigger: number;
  /** Over all triggers together. */
  perSource: number;
}

export interface WaitingTrigger {
  name: string;
  types: string[];
  match: JsonObject | null;
  /** Its own bound, or the one that was asked with; `null` for none. */
  bound: number | null;
  /** Deliveries that wait for it, counted up to the bound. */
  waiting: number;
}

/** What waited at one moment. */
export interface Backlog {
  triggers: WaitingTrigger[];
  /** Sources that are beyond their bound. Of many deliveries it is an estimate, from a sample of them. */
  fullSources: string[];
}
