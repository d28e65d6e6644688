import type { JsonValue } from './envelope';

/** `tool` a call of a tool · `model` an answer of a model · `step` a durable step · `wait` for an event or a person. */
export type EffectKind = 'tool' | 'model' | 'step' | 'wait';

/**
 * What an action does to the outside world: `none` only reads · `keyed` acts, and the receiver drops a second call with the
 * same idempotency key · `unkeyed` acts, and a second call acts again.
 */
export type EffectClass = 'none' | 'keyed' | 'unkeyed';

/** `started` under way, or interrupted · `done` · `failed` did not happen · `unknown` interrupted: a person has to look. */
export type EffectStatus = 'started' | 'done' | 'failed' | 'unknown';

export interface EffectError {
  code: string;
  message: string;
  /** The model was told and went on: a result like any other, not a reason to call again. */
  told?: boolean;
}

/** What it took, for actions that cost. */
export interface EffectCost {
  /** `provider:model`. */
  model?: string;
  inputTokens?: number;
  outputTokens?: number;
  /** US dollars. */
  usd?: number;
}

/** An action that is about to begin. */
export interface NewEffect {
  /** Names it within its delivery: the same in every attempt. */
  key: string;
  kind: EffectKind;
  name: string;
  effect: EffectClass;
  /** Of what it is called with. */
  argsHash?: string;
  input?: unknown;
}

/** How an action ended. */
export interface EffectEnd extends EffectCost {
  status: Exclude<EffectStatus, 'started'>;
  /** As JSON. */
  result?: unknown;
  error?: EffectError;
}

/** What is on record of an action of this delivery, from this attempt or an earlier one. */
export interface RecordedEffect {
  id: string;
  key: string;
  kind: EffectKind;
  name: string;
  effect: EffectClass;
  argsHash: string | null;
  input: JsonValue;
  status: EffectStatus;
  result: JsonValue;
  error: EffectError | null;
  /** The attempt that began it last. */
  attempt: number;
  startedAt: Date;
}

/**
 * The record of what one delivery did outside of the database, so that a later attempt does not do it again. Writes throw
 * `StaleLease` when another worker has the delivery by now: then nothing may be done any more.
 */
export interface RunLedger {
  /** 0, or which execute-replay this is: those have effects of their own. */
  replay(): Promise<number>;
  /** The first look reads all that earlier attempts left. */
  find(key: string): Promise<RecordedEffect | undefined>;
  /** Before the action. What is `done` cannot be started again; an answer that is `done` means: do not act, this is its result. */
  start(effect: NewEffect): Promise<RecordedEffect>;
  /** After the action. */
  finish(key: string, end: EffectEnd): Promise<RecordedEffect>;
}

/** What a delivery that is parked for an unknown effect waits for. */
export function effectWaitKey(id: string): string {
  return `effect:${id}`;
}
