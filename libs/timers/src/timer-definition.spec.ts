import { InvalidTimer } from './errors';
import { defineTimer } from './timer-definition';

describe('a timer', () => {
  it.each([
    [
      { cron: '0  9 * * 1-5', tz: 'Europe/Berlin' },
      { cron: '0 9 * * 1-5', everyMs: null, tz: 'Europe/Berlin', missed: 'once' },
    ],
    [{ cron: '*/10 * * * * *' }, { cron: '*/10 * * * * *', everyMs: null, tz: 'UTC', missed: 'once' }],
    [
      { cron: '@daily', missed: 'skip' },
      { cron: '@daily', everyMs: null, tz: 'UTC', missed: 'skip' },
    ],
    [
      { every: '90s', missed: 'catchUp' },
      { cron: null, everyMs: 90_000, tz: 'UTC', missed: 'catchUp' },
    ],
  ])('may be %j', (rhythm, expected) => {
    expect(defineTimer('report', rhythm, 10_000)).toEqual({ name: 'report', ...expected });
  });

  it.each([
    ['neither', {}, /needs either cron or every/],
    ['both', { cron: '* * * * *', every: '1m' }, /needs either cron or every/],
    ['a short interval', { every: '9s' }, /from 10s to 366d/],
    ['a very long interval', { every: '400d' }, /from 10s to 366d/],
    ['an interval that is none', { every: '1hxyz' }, /must be a duration/],
    ['an interval of another kind', { every: { ms: 1 } }, /must be a duration/],
    ['a quick cron', { cron: '*/5 * * * * *' }, /more often than every 10 seconds/],
    ['a cron that is quick once an hour', { cron: '0,5 0 * * * *' }, /more often than every 10 seconds/],
    ['a cron over the minute', { cron: '0,55 * * * * *' }, /more often than every 10 seconds/],
    ['no cron', { cron: 'daily' }, /"daily" is no cron expression/],
    ['a wrong minute', { cron: '61 * * * *' }, /is no cron expression .*minute/],
    ['a day that never comes', { cron: '0 0 30 2 *' }, /never comes/],
    ['a long cron', { cron: '1,'.repeat(100) }, /at most 100 characters/],
    ['cron of another kind', { cron: 5 }, /must be text/],
    ['a zone on Mars', { cron: '0 9 * * *', tz: 'Mars/Olympus' }, /no time zone/],
    ['a zone for an interval', { every: '1m', tz: 'UTC' }, /no meaning for an interval/],
    ['another policy', { every: '1m', missed: 'all' }, /one of skip, once, catchUp/],
  ])('may not have %s', (_what, rhythm, sentence) => {
    expect(() => defineTimer('report', rhythm, 10_000)).toThrow(InvalidTimer);
    expect(() => defineTimer('report', rhythm, 10_000)).toThrow(sentence);
  });

  it.each(['', '7up', 'a b', 'context', 'context:escalate', 'x'.repeat(101)])('may not be named "%s"', (name) => {
    expect(() => defineTimer(name, { every: '1m' }, 10_000)).toThrow(/a name is/);
  });
});
