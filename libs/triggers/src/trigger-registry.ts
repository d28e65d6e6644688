import { type EventRegistry, typeOfClass } from '@reflex/events';
import { TriggerSetupError } from './errors';
import { defineTrigger, type Trigger, TRIGGER_DEFAULTS, type TriggerDefaults } from './trigger';
import type { EventOf, EventPattern, Handler, TriggerOptions } from './trigger-options';
import { changedParameters, InvalidParameter, type Parameters, type Tunable } from './tunable';

/** A trigger in plain code, without a decorator. */
export interface TriggerInCode<P extends EventPattern | readonly EventPattern[]> extends TriggerOptions<EventOf<P>> {
  name: string;
  on: P;
  handle: Handler<EventOf<P>>;
  /** Where its options come from, when a backtest may change them. */
  tunable?: Tunable<EventOf<P>>;
  /** Where its method stands. */
  className?: string;
}

/** All triggers of this process; the worker, the API and the CLI list from here. */
export class TriggerRegistry {
  private readonly triggers = new Map<string, Trigger>();
  private readonly tunables = new Map<string, Tunable>();
  private readonly classNames = new Map<string, string>();

  constructor(
    private readonly events: EventRegistry,
    private readonly defaults: TriggerDefaults = TRIGGER_DEFAULTS,
  ) {}

  /** Adds a trigger; throws `TriggerSetupError` with one sentence for the start to print. */
  add<const P extends EventPattern | readonly EventPattern[]>({
    name,
    on,
    handle,
    tunable,
    className,
    ...options
  }: TriggerInCode<P>): this {
    const patterns = [on].flat() as EventPattern[];
    const trigger = defineTrigger(name, patterns, options as TriggerOptions, handle as Handler, this.defaults);
    if (this.triggers.has(name)) {
      throw new TriggerSetupError(
        `Two triggers are named "${name}". Give one of them another name: @OnEvent(…, { name: '…' }).`,
      );
    }
    for (const pattern of patterns) this.assertKnown(name, pattern);
    this.triggers.set(name, trigger);
    if (tunable) this.tunables.set(name, tunable as Tunable);
    if (className !== undefined) this.classNames.set(name, className);
    return this;
  }

  /** The class that a trigger is a method of; `undefined` for one in plain code. */
  classNameOf(name: string): string | undefined {
    return this.classNames.get(name);
  }

  /** The values of a trigger that a backtest can change; none for most. */
  parameters(name: string): Readonly<Parameters> {
    return this.tunables.get(name)?.defaults ?? {};
  }

  /** The trigger as it would be with other values; it is not registered. Throws `InvalidParameter`. */
  tuned(
    name: string,
    changes: Readonly<Record<string, unknown>>,
  ): { trigger: Trigger; params: Parameters } | undefined {
    const trigger = this.triggers.get(name);
    if (!trigger) return undefined;
    const params = changedParameters(name, this.parameters(name), changes);
    const tunable = this.tunables.get(name);
    if (!tunable || Object.keys(changes).length === 0) return { trigger, params };
    try {
      const { name: _name, ...options } = tunable.optionsFor(params);
      const { types } = trigger.definition;
      return { trigger: defineTrigger(name, types, options, trigger.handle, this.defaults), params };
    } catch (error) {
      throw new InvalidParameter(`These values cannot be: ${(error as Error).message}`, { cause: error });
    }
  }

  get(name: string): Trigger | undefined {
    return this.triggers.get(name);
  }

  all(): Trigger[] {
    return [...this.triggers.values()];
  }

  // A glob may match types that are still to come; a plain name that nobody registered is a slip of the pen.
  private assertKnown(trigger: string, pattern: EventPattern): void {
    if (typeof pattern !== 'string') {
      if (this.events.classOf(typeOfClass(pattern)) === pattern) return;
      throw new TriggerSetupError(
        `Trigger "${trigger}" listens to ${pattern.name}, which no module registered. Add it to EventsModule.forFeature([${pattern.name}]).`,
      );
    }
    if (pattern.includes('*') || this.events.classOf(pattern)) return;
    throw new TriggerSetupError(
      `Trigger "${trigger}" listens to "${pattern}", but no event type of that name is registered. Correct the name, or register its class.`,
    );
  }
}
