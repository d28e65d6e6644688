import { type Duration, ReflexError } from '@reflex/core';
import type { BaseEvent } from '@reflex/events';
import type { TriggerOptions } from './trigger-options';

/** A value of a trigger that a backtest can change. */
export type Parameter = number | string | boolean;
export type Parameters = Record<string, Parameter>;

type Text = Exclude<Duration, number>;
type Widened<T> = T extends number ? number : T extends boolean ? boolean : T extends Text ? Text : string;

/** There is no such parameter, or it cannot have this value. */
export class InvalidParameter extends ReflexError {
  readonly code = 'invalid_parameter';
  override readonly status = 422;
}

/** Options that depend on parameters: what `tunable` makes. */
export class Tunable<E extends BaseEvent = BaseEvent> {
  constructor(
    readonly defaults: Readonly<Parameters>,
    readonly optionsFor: (params: Parameters) => TriggerOptions<E>,
  ) {}
}

/**
 * Options of a trigger with named values, so that a backtest can ask what other values would have done:
 * `@OnEvent(Alert, tunable({ threshold: 5 }, ({ threshold }) => ({ when: count(threshold).within('60s') })))`.
 */
export function tunable<const P extends Parameters, E extends BaseEvent = BaseEvent>(
  defaults: P,
  options: (params: { [Name in keyof P]: Widened<P[Name]> }) => TriggerOptions<E>,
): Tunable<E> {
  return new Tunable<E>(defaults, (params) => options(params as { [Name in keyof P]: Widened<P[Name]> }));
}

/** The defaults with some of them changed, each to a value of its kind; throws `InvalidParameter`. */
export function changedParameters(
  trigger: string,
  defaults: Readonly<Parameters>,
  changes: Readonly<Record<string, unknown>>,
): Parameters {
  const changed = { ...defaults };
  for (const [name, given] of Object.entries(changes)) {
    if (!Object.hasOwn(defaults, name)) throw new InvalidParameter(unknownParameter(trigger, defaults, name));
    changed[name] = valueLike(defaults[name]!, name, given);
  }
  return changed;
}

function unknownParameter(trigger: string, defaults: Readonly<Parameters>, name: string): string {
  const known = Object.entries(defaults).map(([key, value]) => `${key} (${value})`);
  const advice = 'Declare it: @OnEvent(…, tunable({ … }, (params) => ({ … }))).';
  return `Trigger "${trigger}" has no parameter "${name}"; ${known.length > 0 ? `it has ${known.join(', ')}.` : `it has none. ${advice}`}`;
}

function valueLike(like: Parameter, name: string, given: unknown): Parameter {
  if (typeof given === typeof like) return given as Parameter;
  if (typeof like === 'number' && typeof given === 'string' && given.trim() !== '' && Number.isFinite(Number(given))) {
    return Number(given);
  }
  if (typeof like === 'boolean' && (given === 'true' || given === 'false')) return given === 'true';
  throw new InvalidParameter(
    `Parameter "${name}" must be a ${typeof like}, such as ${like}, not ${JSON.stringify(given)}.`,
  );
}
