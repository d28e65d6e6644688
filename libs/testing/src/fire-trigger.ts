import { randomUUID } from 'node:crypto';
import type { Type } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { type BenchOptions, openBench } from '@reflex/agents/testing';
import type { RunUsage, ToolCallRecord } from '@reflex/core';
import { type BaseEvent, type EventClass, EventRegistry, payloadOf } from '@reflex/events';
import type { StoredEvent } from '@reflex/event-store';
import { TriggerSetupError } from '@reflex/triggers';
import { fire, TestingTriggersModule, triggersIn } from '@reflex/triggers/testing';

export interface FireTriggerOptions extends BenchOptions {
  /** Which one, when the class has several. */
  name?: string;
  event: BaseEvent;
  /** What its condition has gathered before the event. */
  earlier?: readonly BaseEvent[];
  /** Default: the values at the trigger's scope paths. */
  scope?: string;
}

/** What came of it, of which nothing is kept. */
export interface FiredTrigger {
  /** What the handler returned, as JSON. */
  result: unknown;
  /** The follow-ups: type and own fields. */
  published: Record<string, unknown>[];
  /** Calls of tools, in the order in which the models asked for them. */
  calls: ToolCallRecord[];
  usage: RunUsage;
}

/** Calls the handler of a trigger for an event, as if filter and condition had let it pass: no database, no worker. */
export async function fireTrigger(
  triggerClass: Type,
  { name, event, earlier = [], scope, ...options }: FireTriggerOptions,
): Promise<FiredTrigger> {
  const app = await openTriggers(triggerClass, options);
  try {
    const known = triggersIn(app).all();
    app.get(EventRegistry).register([event, ...earlier].map((each) => each.constructor as EventClass));
    const trigger = name === undefined ? known[0] : known.find(({ definition }) => definition.name === name);
    if (!trigger || (name === undefined && known.length > 1)) {
      throw new TriggerSetupError(
        `${triggerClass.name} has the triggers ${known.map(({ definition }) => definition.name).join(', ')}. Say which by { name }.`,
      );
    }
    const stored = storedEvent(event);
    const outcome = await fire(app, {
      trigger: trigger.definition.name,
      event: stored,
      scope: scope ?? scopeAt(trigger.definition.scope, stored),
      context: {
        events: earlier.map(storedEvent),
        scratch: {},
        filters: {},
        createdAt: stored.receivedAt,
        lastActionAt: null,
      },
    });
    return firedOf(outcome);
  } finally {
    await app.close();
  }
}

/** The trigger with its agents, ready to be fired. */
export function openTriggers(triggerClass: Type, options: BenchOptions): Promise<TestingModule> {
  const { providers = [], imports = [] } = options;
  return openBench({
    ...options,
    imports: [TestingTriggersModule, ...imports],
    providers: providers.includes(triggerClass) ? providers : [triggerClass, ...providers],
  });
}

export function firedOf({ result, published, usage }: Awaited<ReturnType<typeof fire>>): FiredTrigger {
  const json = published.map((event) => ({ type: event.type, ...payloadOf(event) }));
  return {
    result,
    published: JSON.parse(JSON.stringify(json)) as Record<string, unknown>[],
    calls: usage.tool_calls,
    usage,
  };
}

function storedEvent(event: BaseEvent): StoredEvent {
  const now = new Date();
  const { type } = event;
  // An event that was not published yet lacks what the store gives.
  const { id = randomUUID(), source = 'test', timestamp = now, receivedAt = now } = event as Partial<BaseEvent>;
  const meta = { trace_id: '', correlation_id: id, causation_id: null, depth: 0, ...event.meta };
  // As it would come back from the database.
  const payload = JSON.parse(JSON.stringify(payloadOf(event))) as Record<string, unknown>;
  return { id, type, source, timestamp, receivedAt, meta, payload };
}

/** As the store works it out: the values at the paths, joined with colons. */
function scopeAt(paths: readonly string[] | null, { source, type, payload }: StoredEvent): string | null {
  if (!paths) return null;
  if (paths[0] === '*') return '*';
  const parts = paths.map((path) => {
    const value = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | null)?.[key], { source, type, ...payload });
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
  return parts.length > 1 ? parts.map((part) => part.replace(/[\\:]/g, '\\$&')).join(':') : parts[0]!;
}
