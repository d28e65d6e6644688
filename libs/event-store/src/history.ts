import type { StoredContext, StoredEvent } from './delivery';
import type { HistoryRange } from './operation';
import type { TriggerDefinition } from './trigger-definition';

/** Whom events would go to: what decides about it of a trigger, whether it is registered or only thought of. */
export type Taker = Pick<TriggerDefinition, 'name' | 'types' | 'scope' | 'match'>;

/** An event of the log, and who takes it. */
export interface TakenEvent {
  event: StoredEvent;
  takers: {
    name: string;
    scope: string | null;
    /** Its delivery to a trigger of this name has not ended yet. */
    live: boolean;
  }[];
}

/** A recorded event, or tick of a decision context, at which the handler of a trigger began. */
export interface Firing {
  eventId: string;
  type: string;
  source: string;
  receivedAt: Date;
  scope: string | null;
  /** A timer woke the context. */
  isTick: boolean;
  /** How its newest attempt ended. */
  outcome: string;
  runId: string;
}

/** What was recorded, read again to rehearse on it; changes nothing. */
export abstract class History {
  /** The events of the range that somebody takes, in the order of the log, without the ticks of contexts. */
  abstract taken(takers: readonly Taker[], range: HistoryRange): AsyncIterable<TakenEvent>;
  abstract count(takers: readonly Taker[], range: HistoryRange): Promise<number>;
  /** Each event of the range at which the trigger's handler began, by time of receipt, oldest first. */
  abstract firings(trigger: string, range: HistoryRange): Promise<Firing[]>;
  /** What a trigger remembers now of these scopes; those that it does not know are left out. */
  abstract contexts(triggerId: number, scopes: readonly string[]): Promise<Map<string, StoredContext>>;
}
