import { pointInTime } from './point-in-time';

const now = new Date('2026-01-31T12:00:00Z');

describe('pointInTime', () => {
  it.each([
    ['2026-01-30T10:00:00Z', '2026-01-30T10:00:00.000Z'],
    ['2026-01-30T10:00:00+02:00', '2026-01-30T08:00:00.000Z'],
    ['2026-01-30T10:00', '2026-01-30T10:00:00.000Z'],
    ['2026-01-30', '2026-01-30T00:00:00.000Z'],
    ['1h', '2026-01-31T11:00:00.000Z'],
    ['90m ago', '2026-01-31T10:30:00.000Z'],
    ['2d ago', '2026-01-29T12:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(pointInTime(text, now).toISOString()).toBe(expected);
  });

  it.each(['', 'yesterday', '1hxyz', '1h agone', '2026-13-01', '2026-01-30T25:00:00Z', '99999999d', '0', "'; --"])(
    'refuses "%s"',
    (text) => {
      expect(() => pointInTime(text, now)).toThrow(/is not a time/);
    },
  );
});
