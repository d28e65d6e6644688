import { createHash } from 'node:crypto';
import { durationMs, type Duration } from '@reflex/core';
import type { BaseEvent } from '@reflex/events';
import { STATE } from '../context/decision-context';
import { TriggerSetupError } from '../errors';
import { assertSynchronous } from '../synchronous';
import { fieldReader } from './field-path';
import { Filter, PASS } from './filter';

/** Keys with the time of receipt of the event that passed, in milliseconds; oldest first. */
type Seen = [key: string, receivedMs: number][];

/** A scope remembers no more keys than this, so that its context stays small; the oldest are forgotten first. */
const MAX_KEYS = 1_000;
const MAX_KEY_LENGTH = 64;

/**
 * Passes an event only if none with the same key passed in the `window` before it, by time of receipt. The key is a field
 * path or what the function returns; events without a key pass. Only success is remembered: a retry is not its own duplicate.
 */
export function dedupe<E extends BaseEvent = BaseEvent>(
  key: string | ((event: E) => unknown),
  window: Duration,
): Filter<E> {
  const windowMs = durationMs(window);
  if (windowMs < 1) throw new TriggerSetupError('dedupe() needs a window longer than nothing. Write one such as 10m.');
  const read = typeof key === 'string' ? fieldReader(key) : (event: object) => key(event as E);
  const name = typeof key === 'string' ? key : key.name || 'key';
  return new Filter<E>({
    name: 'dedupe',
    args: [name, window],
    text: `dedupe ${name} within ${window}`,
    stateful: true,
    compile: (filterPlace) => {
      const place = `${filterPlace}:dedupe`;
      return (context, witness) => {
        const state = context[STATE];
        const value = read(context.event);
        assertSynchronous(`dedupe(${name})`, value);
        if (value === undefined || value === null) return PASS;
        const shown = typeof value === 'string' ? value : JSON.stringify(value);
        const text = shortened(shown);
        const received = state.nowMs;
        const seen = ((state.filterState(place) ?? []) as Seen).filter(([, at]) => at + windowMs > received);
        const before = seen.findLast(([known]) => known === text);
        witness?.saw({ key: shown, seen_at: before ? new Date(before[1]).toISOString() : null });
        if (before) {
          return { pass: false, reason: `dedupe: ${name} ${text} was seen within ${window}` };
        }
        state.keepFilterState(place, [...seen.slice(-(MAX_KEYS - 1)), [text, received]]);
        return PASS;
      };
    },
  });
}

function shortened(key: string): string {
  return key.length <= MAX_KEY_LENGTH ? key : createHash('sha256').update(key).digest('base64url');
}
