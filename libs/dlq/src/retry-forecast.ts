import type { Explanation } from '@reflex/core';
import type { StoredEvent } from '@reflex/event-store';

/** What a retry of a dead letter would do, found out without doing it. */
export interface RetryForecast {
  deadLetterId: string;
  trigger: string;
  scope: string | null;
  /** The attempt that a retry begins with. */
  attempt: number;
  /** Somebody changed the payload. */
  edited: boolean;
  /** Why the event cannot be read; `null` when it can. */
  problem: string | null;
  /** What filter and condition say now; `null` where the trigger's code is not at hand. */
  explanation: Explanation | null;
}

/** Asks a trigger about an event. Dead letters do not know triggers: the app binds this to them. */
export abstract class Explainer {
  abstract explain(trigger: string, event: StoredEvent, scope?: string | null): Promise<Explanation>;
}
