import fc from 'fast-check';
import { scheduleOf } from './schedule';

function times(cron: string, tz: string, from: string, count: number): string[] {
  const schedule = scheduleOf({ cron, everyMs: null, tz });
  const found: string[] = [];
  for (let time = schedule.next(new Date(from)); time && found.length < count; time = schedule.next(time)) {
    found.push(time.toISOString().slice(0, 16));
  }
  return found;
}

// In 2026 clocks go forward on 29 March (Berlin, 02:00 to 03:00, 01:00 UTC) and 8 March (New York, 02:00 to 03:00, 07:00
// UTC); back on 25 October (Berlin, 03:00 to 02:00, 01:00 UTC) and 1 November (New York, 02:00 to 01:00, 06:00 UTC).
describe('33: when clocks go forward', () => {
  it.each([
    [
      'a time in the gap comes at its end',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00', '2026-03-30T00:30'],
    ],
    [
      'a time after it comes once',
      '0 3 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00', '2026-03-30T01:00'],
    ],
    [
      'a time before it is as always',
      '30 1 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T00:30', '2026-03-29T23:30'],
    ],
    [
      'half hours go on without a break',
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-03-29T00:20Z',
      ['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30'],
    ],
    [
      'a time in the gap comes at its end',
      '30 2 * * *',
      'America/New_York',
      '2026-03-07T17:00Z',
      ['2026-03-08T07:00', '2026-03-09T06:30'],
    ],
    [
      'a time after it comes once',
      '0 3 * * *',
      'America/New_York',
      '2026-03-07T17:00Z',
      ['2026-03-08T07:00', '2026-03-09T07:00'],
    ],
    [
      'hours go on without a break',
      '0 * * * *',
      'America/New_York',
      '2026-03-08T05:30Z',
      ['2026-03-08T06:00', '2026-03-08T07:00', '2026-03-08T08:00'],
    ],
  ])('%s: %s in %s', (_what, cron, tz, from, expected) => {
    expect(times(cron, tz, from, expected.length)).toEqual(expected);
  });
});

describe('33: when clocks go back', () => {
  it.each([
    [
      'a time in the repeated hour comes the first time only',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30', '2026-10-26T01:30'],
    ],
    [
      'a time after it comes once',
      '0 3 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25T02:00', '2026-10-26T02:00'],
    ],
    [
      'half hours go on in both hours',
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-25T00:10Z',
      ['2026-10-25T00:30', '2026-10-25T01:00', '2026-10-25T01:30', '2026-10-25T02:00'],
    ],
    [
      'a time in the repeated hour comes the first time only',
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T17:00Z',
      ['2026-11-01T05:30', '2026-11-02T06:30'],
    ],
    [
      'hours go on in both',
      '0 * * * *',
      'America/New_York',
      '2026-11-01T04:30Z',
      ['2026-11-01T05:00', '2026-11-01T06:00', '2026-11-01T07:00'],
    ],
  ])('%s: %s in %s', (_what, cron, tz, from, expected) => {
    expect(times(cron, tz, from, expected.length)).toEqual(expected);
  });
});

it('an interval knows no clock on the wall', () => {
  const schedule = scheduleOf({ cron: null, everyMs: 3_600_000, tz: 'UTC' });

  expect(schedule.next(new Date('2026-03-29T00:30Z'))).toEqual(new Date('2026-03-29T01:30Z'));
});

describe('the newest time until now', () => {
  it.each([
    ['*/5 * * * * *', 'Europe/Berlin'],
    ['30 2 * * *', 'Europe/Berlin'],
    ['*/20 1-3 * * *', 'America/New_York'],
    ['0 0 1 * *', 'Europe/Berlin'],
  ])('is the last of all that were due: %s in %s', (cron, tz) => {
    const schedule = scheduleOf({ cron, everyMs: null, tz });
    const around = Date.parse('2026-10-24T20:00Z');

    fc.assert(
      fc.property(fc.integer({ min: 0, max: 14 * 3_600 }), fc.integer({ min: 0, max: 7_000 }), (start, length) => {
        const due = schedule.next(new Date(around + start * 1_000))!;
        const now = new Date(due.getTime() + length * 1_000);
        let last = due;
        for (let time: Date | null = due; time && time <= now; time = schedule.next(time)) last = time;
        expect(schedule.newest(due, now)).toEqual(last);
      }),
      { numRuns: 30 },
    );
  });

  it('is found at once after a year of seconds', () => {
    const schedule = scheduleOf({ cron: '* * * * * *', everyMs: null, tz: 'Europe/Berlin' });
    const startedAt = performance.now();

    const newest = schedule.newest(new Date('2025-06-01T00:00:00Z'), new Date('2026-06-01T00:00:00.400Z'));

    expect(newest).toEqual(new Date('2026-06-01T00:00:00Z'));
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});
