import type { EffectKind, EffectStatus, Explanation } from '@reflex/core';
import type { Effect, StoredEvent } from '@reflex/event-store';

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
  /** What earlier attempts did outside, oldest first. */
  effects: EffectForecast[];
}

/**
 * What becomes of an effect when the handler goes the same way again: `reused` not done again · `repeated` done again, with
 * the same key · `asks_a_person` whether it happened.
 */
export interface EffectForecast {
  effectId: string;
  kind: EffectKind;
  name: string;
  status: EffectStatus;
  then: 'reused' | 'repeated' | 'asks_a_person';
}

export function effectForecasts(effects: Effect[]): EffectForecast[] {
  // Where an answer of the model is asked for again, so is all that failed.
  const asksAgain = effects.some(({ kind, status }) => kind === 'model' && status !== 'done');
  return effects.map(({ id, kind, name, status, effect, error }) => {
    const common = { effectId: id, kind, name, status };
    if (status === 'done' || (error?.told && !asksAgain)) return { ...common, then: 'reused' };
    const isUncertain = status === 'unknown' || (status === 'started' && effect === 'unkeyed');
    return { ...common, then: isUncertain ? 'asks_a_person' : 'repeated' };
  });
}

/** Asks a trigger about an event. Dead letters do not know triggers: the app binds this to them. */
export abstract class Explainer {
  abstract explain(trigger: string, event: StoredEvent, scope?: string | null): Promise<Explanation>;
}
