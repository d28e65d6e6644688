import type { Said } from './conversations';

/** The newest that fit into so many tokens, beginning with what was said to the agent. */
export function fitting<S extends Said>(said: S[], tokens: number): S[] {
  let left = tokens;
  let first = said.length;
  while (first > 0 && said[first - 1]!.tokens <= left) {
    first -= 1;
    left -= said[first]!.tokens;
  }
  while (first < said.length && said[first]!.role !== 'user') first += 1;
  return said.slice(first);
}

/** When all of it does not fit, the oldest of it, so that half of the window is free again. */
export function overflow<S extends Said>(said: S[], tokens: number): S[] {
  const total = said.reduce((sum, one) => sum + one.tokens, 0);
  if (total <= tokens) return [];
  return said.slice(0, said.length - fitting(said, tokens / 2).length);
}
