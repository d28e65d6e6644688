import { type EventRegistry, typeOfClass } from '@reflex/events';
import { TriggerSetupError } from './errors';
import { defineTrigger, type Trigger, TRIGGER_DEFAULTS, type TriggerDefaults } from './trigger';
import type { EventOf, EventPattern, Handler, TriggerOptions } from './trigger-options';

/** A trigger in plain code, without a decorator. */
export interface TriggerInCode<P extends EventPattern | readonly EventPattern[]> extends TriggerOptions<EventOf<P>> {
  name: string;
  on: P;
  handle: Handler<EventOf<P>>;
}

/** All triggers of this process; the worker, the API and the CLI list from here. */
export class TriggerRegistry {
  private readonly triggers = new Map<string, Trigger>();

  constructor(
    private readonly events: EventRegistry,
    private readonly defaults: TriggerDefaults = TRIGGER_DEFAULTS,
  ) {}

  /** Adds a trigger; throws `TriggerSetupError` with one sentence for the start to print. */
  add<const P extends EventPattern | readonly EventPattern[]>({
    name,
    on,
    handle,
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
    return this;
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
