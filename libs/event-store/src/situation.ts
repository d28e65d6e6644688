import type { StoredContext } from './delivery';
import type { RegisteredTrigger } from './trigger-definition';

/** What decides about an event for a trigger, as it stands now. */
export interface Situation {
  /** The database's clock. */
  now: Date;
  trigger: RegisteredTrigger;
  /** The trigger listens to the event's type. */
  matches: boolean;
  /** The event has the fields that the trigger's `match` asks for. */
  contains: boolean;
  /** The group of events that this one belongs to; `null` for a trigger without scope. */
  scope: string | null;
  /** The decision context of that scope, as committed; `null` before the first event and without a context. */
  context: StoredContext | null;
}
