import 'reflect-metadata';
import type { DecisionContext } from './context/decision-context';
import type { EventOf, EventPattern, TriggerOptions } from './trigger-options';
import { Tunable } from './tunable';

/** What `@OnEvent` wrote down. */
export interface TriggerDeclaration {
  patterns: EventPattern[];
  options: TriggerOptions;
  tunable?: Tunable;
}

const TRIGGERS = Symbol('reflex:triggers');

/**
 * Makes a method a trigger: it runs for each event of the pattern that the filter lets pass, when the condition holds.
 * What it returns is stored with the run. `tunable(…)` makes options that a backtest can change. May be repeated on a method and stand on several methods.
 */
export function OnEvent<const P extends EventPattern | readonly EventPattern[]>(
  pattern: P,
  options: TriggerOptions<EventOf<P>> | Tunable<EventOf<P>> = {},
) {
  return <H extends (context: DecisionContext<EventOf<P>>) => unknown>(
    _target: object,
    _name: string | symbol,
    descriptor: TypedPropertyDescriptor<H>,
  ): void => {
    const method = descriptor.value as object;
    const patterns = [pattern].flat() as EventPattern[];
    const declaration: TriggerDeclaration =
      options instanceof Tunable
        ? { patterns, options: options.optionsFor(options.defaults) as TriggerOptions, tunable: options as Tunable }
        : { patterns, options: options as TriggerOptions };
    // Decorators run from the bottom up; in the list they stand as one reads them.
    Reflect.defineMetadata(TRIGGERS, [declaration, ...triggersOf(method)], method);
  };
}

/** The declarations on a method, the topmost first. */
export function triggersOf(method: object): TriggerDeclaration[] {
  return (Reflect.getOwnMetadata(TRIGGERS, method) as TriggerDeclaration[] | undefined) ?? [];
}
