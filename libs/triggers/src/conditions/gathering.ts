import { durationMs, type Duration } from '@reflex/core';
import { TriggerSetupError } from '../errors';
import { Condition, every, quietFor } from './condition';

/** A decision context keeps its newest 1,000 events, unless the store is told otherwise. */
const MAX_BATCH = 1_000;

/**
 * Gathers events of a scope and fires with all of them in `context.events`: when there are `size`, or when the first has
 * waited for `timeout`. A batch that is late may hold fewer, never more.
 */
export function batch({ size, timeout }: { size: number; timeout: Duration }): Condition {
  if (size > MAX_BATCH) {
    throw new TriggerSetupError(`batch of ${size} is more than a context keeps. Choose a size up to ${MAX_BATCH}.`);
  }
  return named('batch', { size, timeout }, `batch of ${size} or after ${timeout}`, every(size).orAfter(timeout));
}

/**
 * Fires with all events of a scope when none came for `quiet`: a burst is one action. With `atMost` it fires as well when
 * the first has waited that long, although the burst goes on.
 */
export function debounce(quiet: Duration, { atMost }: { atMost?: Duration } = {}): Condition {
  if (atMost === undefined) return named('debounce', { quiet }, `debounce ${quiet}`, quietFor(quiet));
  if (durationMs(atMost) <= durationMs(quiet)) {
    throw new TriggerSetupError(`debounce(${quiet}) needs an atMost that is longer than ${quiet}. Raise it.`);
  }
  const text = `debounce ${quiet}, at most ${atMost}`;
  return named('debounce', { quiet, atMost }, text, quietFor(quiet).orAfter(atMost));
}

function named(name: string, options: object, text: string, inner: Condition): Condition {
  const { lookbackMs, judge } = inner.parts;
  return new Condition({ name, args: [options], children: [inner], text, lookbackMs, judge });
}
