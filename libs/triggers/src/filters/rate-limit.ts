import { durationMs, type Duration } from '@reflex/core';
import { STATE } from '../context/decision-context';
import { TriggerSetupError } from '../errors';
import { Filter, PASS } from './filter';

/** Starts of slices of time, in milliseconds, with how many passed in each; oldest first. */
type Passes = [startMs: number, count: number][];

// Up to here each pass is remembered by itself; beyond, in slices, so that the state stays small.
const EXACT = 64;

/**
 * Passes at most `max` events of a scope in any `window`. It never drops: what comes too early is delivered again when the
 * window has room. A limit above 64 is counted in 64 slices of the window, and may wait for up to one slice longer.
 */
export function rateLimit(max: number, window: Duration): Filter {
  const windowMs = durationMs(window);
  if (!Number.isInteger(max) || max < 1 || windowMs < 1) {
    throw new TriggerSetupError(`rateLimit(${max}, ${window}) needs a whole number from 1 and a window. Correct it.`);
  }
  const sliceMs = max <= EXACT ? 1 : Math.ceil(windowMs / EXACT);
  const text = `rateLimit ${max} per ${window}`;
  return new Filter({
    name: 'rateLimit',
    args: [max, window],
    text,
    stateful: true,
    compile: (place) => {
      const key = `${place}:rateLimit`;
      return (context, witness) => {
        const state = context[STATE];
        const now = state.input.clock.nowMs();
        const passes = ((state.filterState(key) ?? []) as Passes).filter(([start]) => start + sliceMs + windowMs > now);
        const used = passes.reduce((sum, [, count]) => sum + count, 0);
        witness?.saw({ used, of: max, window_ms: windowMs });
        if (used >= max) {
          const retryInMs = roomAt(passes, used - max + 1) + sliceMs + windowMs - now;
          return { pass: false, reason: `rateLimit: ${used} of ${max} within ${window} are used`, retryInMs };
        }
        state.keepFilterState(key, withPass(passes, Math.floor(now / sliceMs) * sliceMs));
        return PASS;
      };
    },
  });
}

/** The start of the slice after whose end `wanted` of the passes are forgotten. */
function roomAt(passes: Passes, wanted: number): number {
  let freed = 0;
  for (const [start, count] of passes) {
    freed += count;
    if (freed >= wanted) return start;
  }
  return passes.at(-1)![0];
}

function withPass(passes: Passes, start: number): Passes {
  const last = passes.at(-1);
  if (last && last[0] >= start) return [...passes.slice(0, -1), [last[0], last[1] + 1]];
  return [...passes, [start, 1]];
}
