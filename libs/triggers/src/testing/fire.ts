import type { INestApplicationContext } from '@nestjs/common';
import type { RecordedEffect } from '@reflex/core';
import { type EventClass, EventRegistry } from '@reflex/events';
import type { EventWaits, StoredContext, StoredEvent } from '@reflex/event-store';
import { ContextMemory } from '../context/context-memory';
import { callHandler, type HandlerOutcome } from '../rehearsal/called-handler';
import { RecordedLedger } from '../rehearsal/recorded-ledger';
import { TriggerExplorer } from '../trigger.explorer';
import { TriggerRegistry } from '../trigger-registry';
import { TriggerSetupError } from '../errors';

export interface FireOptions {
  trigger: string;
  event: StoredEvent;
  scope: string | null;
  /** Default 1. */
  attempt?: number;
  /** What the trigger remembered before; default nothing. */
  context?: StoredContext;
  /** Steps and waits that were done. */
  effects?: readonly RecordedEffect[];
}

/** Calls the handler of a trigger for an event, as if filter and condition had let it pass. */
export async function fire(app: INestApplicationContext, options: FireOptions): Promise<HandlerOutcome> {
  const { event, scope, attempt = 1, context, effects = [] } = options;
  const trigger = triggersIn(app).get(options.trigger);
  if (!trigger) {
    throw new TriggerSetupError(`There is no trigger "${options.trigger}" among the providers. Add its class to them.`);
  }
  const events = app.get(EventRegistry);
  const decode = events.decode.bind(events);
  const memory = context ? ContextMemory.load(context, decode) : ContextMemory.empty(event.receivedAt);
  const ledger = new RecordedLedger(effects, 0, false);
  const signal = AbortSignal.timeout(trigger.timeoutMs);
  const call = { trigger, event, scope, attempt, memory, decode, ledger, signal };
  // Waits answer from the record, or are not on it.
  return callHandler({ ...call, agentsShareLedger: false, waits: undefined as unknown as EventWaits });
}

/** The triggers of the providers, with the classes of their events. */
export function triggersIn(app: INestApplicationContext): TriggerRegistry {
  const registry = app.get(TriggerRegistry);
  const events = app.get(EventRegistry);
  if (registry.all().length > 0) return registry;
  for (const trigger of app.get(TriggerExplorer).explore()) {
    events.register(trigger.on.filter((pattern): pattern is EventClass => typeof pattern !== 'string'));
    registry.add(trigger);
  }
  return registry;
}
