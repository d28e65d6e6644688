import { durationMs, InvalidDuration } from '@reflex/core';
import * as fc from 'fast-check';

const UNITS: [string, number][] = [
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
];

it.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['2d', 172_800_000],
  ['1.5s', 1_500],
  [0, 0],
  [1_234, 1_234],
])('reads %s', (duration, ms) => {
  expect(durationMs(duration)).toBe(ms);
});

it('reads every whole number with every unit', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...UNITS), (amount, [unit, factor]) => {
      expect(durationMs(`${amount}${unit}`)).toBe(amount * factor);
    }),
  );
});

it.each(['1hxyz', 'x1h', '1h 2m', ' 1h', '1h\n', '1', '', 'h', '-1s', '1e3s', '.5s', '1.s', '1H', 'NaNs', '1y'])(
  'D46: refuses %j, also when it only starts like a duration',
  (text) => {
    expect(() => durationMs(text)).toThrow(InvalidDuration);
  },
);

it.each([-1, NaN, Infinity])('refuses the number %d', (ms) => {
  expect(() => durationMs(ms)).toThrow(InvalidDuration);
});

it('says how to write one', () => {
  expect(() => durationMs('soon')).toThrow(
    '"soon" is not a duration. Write a number and a unit, such as 250ms, 30s, 5m, 1h or 2d.',
  );
});
