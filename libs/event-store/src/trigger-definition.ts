import type { JsonObject } from '@reflex/core';

/** What the store has to know of a trigger so that every publisher fans out alike. */
export interface TriggerDefinition {
  name: string;
  /** Event types, with `*` for any run of characters. */
  types: string[];
  /** Field paths whose values make the scope (`service`, `user.id`, `source`, `type`), `['*']` for one scope, `null` for none. */
  scope: string[] | null;
  /** Events whose fields do not contain this, by value, are not delivered at all. */
  match?: JsonObject | null;
  /** Load and save a decision context. */
  stateful: boolean;
  /** While a failed delivery waits, its scope waits too (`block`) or goes on (`pass`). */
  onRetry: 'block' | 'pass';
  /** Higher is claimed first. */
  priority: number;
  /** Most deliveries in work at once over all processes; `null` for no limit. */
  concurrency: number | null;
  /** At most `limit` starts in `windowMs` over all processes; `null` for no limit. */
  throttle: { limit: number; windowMs: number } | null;
  /** Most deliveries that may wait before clients are refused; without, the bound of `IngestQuota` counts. */
  maxWaiting?: number | null;
  /** Belongs to no app: kept, with what waits for it, also while nobody serves it. */
  detached?: boolean;
}

/** A trigger as the store lists it. */
export interface RegisteredTrigger extends TriggerDefinition {
  id: number;
  paused: boolean;
  /** False once the code no longer has it: nothing is fanned out to it. */
  active: boolean;
}
