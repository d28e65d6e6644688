import { durationMs } from '@reflex/core';
import { typeOfClass } from '@reflex/events';
import type { TriggerDefinition } from '@reflex/event-store';
import { always, Condition, conditionOf } from './conditions/condition';
import { TriggerSetupError } from './errors';
import { assertFieldPath } from './filters/field-path';
import { type Check, Filter } from './filters/filter';
import type { EventPattern, Handler, TriggerOptions } from './trigger-options';

/** What counts for a trigger that does not say otherwise. */
export interface TriggerDefaults {
  maxAttempts: number;
  /** Delay before the second attempt, in milliseconds; doubled each time. */
  baseMs: number;
  /** No delay is longer, in milliseconds. */
  maxMs: number;
  /** Longest an attempt may take, in milliseconds. */
  timeoutMs: number;
}

export const TRIGGER_DEFAULTS: TriggerDefaults = { maxAttempts: 3, baseMs: 1_000, maxMs: 60_000, timeoutMs: 120_000 };

/** A trigger, ready to be worked on. */
export interface Trigger {
  /** What the store must know. */
  definition: TriggerDefinition;
  check: Check | null;
  /** `null` for always. */
  condition: Condition | null;
  handle: Handler;
  maxAttempts: number;
  timeoutMs: number;
  backoff: { baseMs: number; maxMs: number };
  /** For lists: what the filter and the condition say, in words. */
  filterText: string | null;
  conditionText: string;
}

/** Of the columns that hold these numbers. */
const MOST = 2_147_483_647;
const NAME = /^[A-Za-z][\w.:-]{0,127}$/;
const TYPE_GLOB = /^[a-z*][a-z0-9_*-]*(?:\.[a-z0-9_*-]+)*$/;

/** Builds a trigger; throws `TriggerSetupError` with one sentence for an option that cannot be. */
export function defineTrigger(
  name: string,
  patterns: readonly EventPattern[],
  options: TriggerOptions,
  handle: Handler,
  defaults: TriggerDefaults = TRIGGER_DEFAULTS,
): Trigger {
  try {
    return build(name, patterns, options, handle, defaults);
  } catch (error) {
    throw new TriggerSetupError(`Trigger "${name}": ${(error as Error).message}`, { cause: error });
  }
}

function build(
  name: string,
  patterns: readonly EventPattern[],
  options: TriggerOptions,
  handle: Handler,
  defaults: TriggerDefaults,
): Trigger {
  if (!NAME.test(name))
    throw invalid('a name is 1 to 128 letters, digits, ".", ":", "-" and "_", a letter first. Rename it.');
  assertKnownOptions(options);
  const { filter, when, maxAttempts = defaults.maxAttempts, timeout = defaults.timeoutMs } = options;
  if (filter !== undefined && !(filter instanceof Filter)) {
    throw invalid('"filter" is no filter. Write one such as keyword(\'error\') or where((event) => …).');
  }
  const condition = typeof when === 'function' ? conditionOf(when) : (when ?? always);
  if (!(condition instanceof Condition))
    throw invalid('"when" is no condition. Write one such as count(5).within(\'60s\').');
  const remembers = condition !== always || (filter?.parts.stateful ?? false);
  assertWhole('maxAttempts', maxAttempts);
  const timeoutMs = durationMs(timeout);
  if (timeoutMs <= 0) throw invalid('timeout must be longer than nothing. Write one such as 30s.');
  return {
    definition: {
      name,
      types: typesOf(patterns),
      scope: scopeOf(options.scope, remembers),
      match: options.match ?? null,
      stateful: remembers,
      onRetry: onRetryOf(options.onRetry),
      priority: priorityOf(options.priority),
      concurrency: wholeOrNull('concurrency', options.concurrency),
      maxWaiting: wholeOrNull('maxWaiting', options.maxWaiting),
      throttle: throttleOf(options.throttle),
    },
    // As if it began a chain: a filter that remembers keeps its memory when the first `.and` or `.or` is added to it.
    check: filter?.parts.compile(filter.chain ? '0' : '0.0') ?? null,
    condition: condition === always ? null : condition,
    handle,
    maxAttempts,
    timeoutMs,
    backoff: { baseMs: defaults.baseMs, maxMs: defaults.maxMs },
    filterText: filter?.parts.text ?? null,
    conditionText: condition.parts.text,
  };
}

const OPTIONS = new Set<string>([
  'name',
  'match',
  'filter',
  'when',
  'scope',
  'maxAttempts',
  'timeout',
  'concurrency',
  'priority',
  'throttle',
  'maxWaiting',
  'onRetry',
] satisfies (keyof TriggerOptions)[]);

function assertKnownOptions(options: TriggerOptions): void {
  const unknown = Object.keys(options).find((option) => !OPTIONS.has(option));
  if (unknown !== undefined) throw invalid(`there is no option "${unknown}". Remove it, or correct its name.`);
}

function typesOf(patterns: readonly EventPattern[]): string[] {
  const types = patterns.map((pattern) => (typeof pattern === 'string' ? pattern : typeOfClass(pattern)));
  if (types.length === 0) throw invalid('it names no event. Give a class or a glob.');
  const wrong = types.find((type) => !TYPE_GLOB.test(type));
  if (wrong !== undefined) throw invalid(`"${wrong}" is no event type. Write one such as order.created or order.*.`);
  return [...new Set(types)];
}

function scopeOf(scope: string | string[] | undefined, remembers: boolean): string[] | null {
  if (scope === undefined) return remembers ? ['source'] : null;
  const paths = [scope].flat();
  if (paths.length === 0) throw invalid('scope is an empty list. Leave it out, or name field paths.');
  if (paths.includes('*')) {
    if (paths.length > 1) throw invalid('scope "*" puts all events into one group and cannot stand beside others.');
    return paths;
  }
  for (const path of paths) assertFieldPath(path);
  return paths;
}

function onRetryOf(onRetry: TriggerOptions['onRetry'] = 'block'): TriggerDefinition['onRetry'] {
  if (onRetry !== 'block' && onRetry !== 'pass') throw invalid('onRetry is "block" or "pass". Choose one.');
  return onRetry;
}

function priorityOf(priority = 0): number {
  if (!Number.isInteger(priority) || Math.abs(priority) > 32_767) {
    throw invalid('priority must be a whole number from -32767 to 32767. Correct it.');
  }
  return priority;
}

function wholeOrNull(option: string, value: number | undefined): number | null {
  if (value === undefined) return null;
  assertWhole(option, value);
  return value;
}

function throttleOf(throttle: TriggerOptions['throttle']): TriggerDefinition['throttle'] {
  if (!throttle) return null;
  assertWhole('throttle.limit', throttle.limit);
  const windowMs = durationMs(throttle.per);
  if (windowMs < 1) throw invalid('throttle.per must be at least a millisecond. Write one such as 1s.');
  return { limit: throttle.limit, windowMs };
}

function assertWhole(option: string, value: number): void {
  if (!Number.isInteger(value) || value < 1 || value > MOST) {
    throw invalid(`${option} must be a whole number from 1 to ${MOST}. Correct it.`);
  }
}

function invalid(sentence: string): TriggerSetupError {
  return new TriggerSetupError(sentence);
}
