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
  /** The approval that it uses up; throws `ApprovalNotUsable` when that is not for exactly this. */
  approval?: string;
  /** It may not begin, for this reason: it is put on record as failed at once. */
  refused?: EffectError;
}

/** A wish to do something that people have to agree to first. */
export interface ApprovalRequest {
  /** Of the effect. */
  key: string;
  agent: string;
  tool: string;
  argsHash: string;
  input: unknown;
  /** So many different people have to agree. */
  people: number;
  /** How long they have, and how long their word holds. */
  withinMs: number;
  /** The effect was begun before, with an approval that still holds for it. */
  continuing?: boolean;
}

export type ApprovalStatus = 'pending' | 'approved' | 'denied' | 'expired' | 'used';

export interface ApprovalDecision {
  decision: 'approved' | 'denied';
  by: string;
  why: string | null;
  at: string;
}

/** What became of a wish so far. */
export interface ApprovalAnswer {
  id: string;
  status: ApprovalStatus;
  people: number;
  decisions: ApprovalDecision[];
  /** Until the request ends. */
  expiresInMs: number;
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
  /** Asks people, or tells what they have said; the same wish is one request. */
  approval(request: ApprovalRequest): Promise<ApprovalAnswer>;
  /** After the action. */
  finish(key: string, end: EffectEnd): Promise<RecordedEffect>;
}

/** What a delivery that is parked for an unknown effect waits for. */
export function effectWaitKey(id: string): string {
  return `effect:${id}`;
}

/** What a delivery that is parked for a budget waits for. */
export function budgetWaitKey(id: string): string {
  return `budget:${id}`;
}

/** What a delivery that is parked for an approval waits for. */
export function approvalWaitKey(id: string): string {
  return `approval:${id}`;
}
