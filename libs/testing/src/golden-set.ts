import type { Provider, Type } from '@nestjs/common';
import type { FakeTool } from '@reflex/agents/testing';
import type { BaseEvent } from '@reflex/events';
import type { FiredTrigger } from './fire-trigger';

/** What a good agent does with an event; each part of it is a check. */
export interface Expected {
  /** What the handler returns; of an object, the given fields. */
  result?: unknown;
  /** Events that follow, each with these fields at least. */
  published?: ({ type: string } & Record<string, unknown>)[];
  /** Types of events that do not. */
  notPublished?: string[];
  /** Tools that have to be called, each by its name, or with input that has these fields at least. */
  calls?: (string | { tool: string; input: object })[];
  /** Tools that must not be called. */
  notCalls?: string[];
  /** Whatever else has to hold, by a sentence that says it. */
  rules?: Record<string, (fired: FiredTrigger) => boolean>;
}

export interface GoldenCase {
  /** What a good agent does: `holds an order that …`. */
  name: string;
  event: BaseEvent;
  /** What the trigger has gathered before. */
  earlier?: BaseEvent[];
  /** Made anew for each run. */
  tools?: () => FakeTool[];
  expect: Expected;
}

/** Events for one agent with what is expected of it. */
export interface GoldenSet {
  /** Of the agent. */
  agent: string;
  trigger: Type;
  /** Which one, when the class has several. */
  triggerName?: string;
  providers?: Provider[];
  /** Least score, from 0 to 1: of the offline model, which understands nothing, and of real ones. */
  threshold: { offline: number; model: number };
  cases: GoldenCase[];
}

/** Says what is expected of an agent; `npm run eval` finds it in files named `*.golden.ts`. */
export function goldenSet(set: GoldenSet): GoldenSet {
  return set;
}
