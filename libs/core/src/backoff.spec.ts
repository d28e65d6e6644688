import { backoffMs } from '@reflex/core';
import * as fc from 'fast-check';

const attempts = fc.integer({ min: 1, max: 2_000 });
const options = fc.record({
  baseMs: fc.integer({ min: 1, max: 60_000 }),
  maxMs: fc.integer({ min: 1, max: 86_400_000 }),
});
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('doubles with each attempt', () => {
  const delays = [1, 2, 3, 4].map((attempt) => backoffMs(attempt, { baseMs: 1_000, maxMs: 60_000 }, () => 1));

  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000]);
});

it('stays between half and all of min(base · 2^(attempt − 1), max)', () => {
  fc.assert(
    fc.property(attempts, options, chance, (attempt, limits, random) => {
      const ceiling = Math.min(limits.baseMs * 2 ** (attempt - 1), limits.maxMs);

      const delay = backoffMs(attempt, limits, () => random);

      expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
      expect(delay).toBeLessThanOrEqual(ceiling);
    }),
  );
});

it('never waits less for a later attempt with the same chance', () => {
  fc.assert(
    fc.property(attempts, options, chance, (attempt, limits, random) => {
      const [earlier, later] = [attempt, attempt + 1].map((n) => backoffMs(n, limits, () => random));

      expect(later).toBeGreaterThanOrEqual(earlier!);
    }),
  );
});

it('spreads those who failed together', () => {
  const delays = Array.from({ length: 100 }, () => backoffMs(1, { baseMs: 1_000, maxMs: 60_000 }));

  expect(new Set(delays).size).toBeGreaterThan(90);
});
