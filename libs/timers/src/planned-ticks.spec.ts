import { MAX_TICKS, ON_TIME_MS, plannedTicks } from './planned-ticks';
import type { MissedPolicy, TimerDefinition } from './rhythm';
import { scheduleOf } from './schedule';

type Rhythm = Pick<TimerDefinition, 'cron' | 'everyMs' | 'tz'>;
const HOURLY: Rhythm = { cron: '0 * * * *', everyMs: null, tz: 'Europe/Berlin' };
const DAILY_IN_THE_GAP: Rhythm = { cron: '30 2 * * *', everyMs: null, tz: 'Europe/Berlin' };
const IN_NEW_YORK: Rhythm = { cron: '30 1 * * *', everyMs: null, tz: 'America/New_York' };
const EVERY_HOUR: Rhythm = { cron: null, everyMs: 3_600_000, tz: 'UTC' };

/** Ticks from `from` to `to` on a virtual clock that looks every ten minutes, but not while down. */
function ticksOf(rhythm: Rhythm, missed: MissedPolicy, from: string, to: string, down: [string, string]): string[] {
  const schedule = scheduleOf(rhythm);
  const [downFrom, downTo] = down.map((text) => Date.parse(text)) as [number, number];
  const made: string[] = [];
  let due = schedule.next(new Date(from));
  for (let now = Date.parse(from); now <= Date.parse(to); now += 600_000) {
    if (now > downFrom && now < downTo) continue;
    const plan = plannedTicks(schedule, missed, due!, new Date(now));
    made.push(...plan.ticks.map((tick) => tick.toISOString().slice(5, 16)));
    due = plan.next;
  }
  return made;
}

describe('33: after three missed periods', () => {
  const day: [string, string] = ['2026-06-01T08:30Z', '2026-06-01T13:30Z'];
  const down: [string, string] = ['2026-06-01T09:30Z', '2026-06-01T12:30Z'];
  it.each<[MissedPolicy, string[]]>([
    ['skip', ['06-01T09:00', '06-01T13:00']],
    ['once', ['06-01T09:00', '06-01T12:00', '06-01T13:00']],
    ['catchUp', ['06-01T09:00', '06-01T10:00', '06-01T11:00', '06-01T12:00', '06-01T13:00']],
  ])('%s makes exactly these ticks', (missed, expected) => {
    expect(ticksOf(HOURLY, missed, ...day, down)).toEqual(expected);
  });

  it.each<[MissedPolicy, string[]]>([
    ['skip', ['06-01T09:30', '06-01T13:30']],
    ['once', ['06-01T09:30', '06-01T12:30', '06-01T13:30']],
    ['catchUp', ['06-01T09:30', '06-01T10:30', '06-01T11:30', '06-01T12:30', '06-01T13:30']],
  ])('%s keeps an interval on its grid', (missed, expected) => {
    expect(ticksOf(EVERY_HOUR, missed, ...day, ['2026-06-01T09:40Z', '2026-06-01T12:50Z'])).toEqual(expected);
  });

  it.each<[MissedPolicy, string[]]>([
    ['skip', ['03-30T00:30']],
    ['once', ['03-29T01:00', '03-30T00:30']],
    ['catchUp', ['03-27T01:30', '03-28T01:30', '03-29T01:00', '03-30T00:30']],
  ])('over the spring change in Berlin, %s makes exactly these', (missed, expected) => {
    const made = ticksOf(DAILY_IN_THE_GAP, missed, '2026-03-26T12:00Z', '2026-03-30T12:00Z', [
      '2026-03-26T13:00Z',
      '2026-03-29T06:00Z',
    ]);

    expect(made).toEqual(expected);
  });

  it.each<[MissedPolicy, string[]]>([
    ['skip', ['11-03T06:30']],
    ['once', ['11-02T06:30', '11-03T06:30']],
    ['catchUp', ['10-31T05:30', '11-01T05:30', '11-02T06:30', '11-03T06:30']],
  ])('over the autumn change in New York, %s makes exactly these', (missed, expected) => {
    const made = ticksOf(IN_NEW_YORK, missed, '2026-10-30T12:00Z', '2026-11-03T12:00Z', [
      '2026-10-30T13:00Z',
      '2026-11-02T12:00Z',
    ]);

    expect(made).toEqual(expected);
  });

  it.each<[MissedPolicy, number]>([
    ['skip', 0],
    ['once', 1],
    ['catchUp', 4],
  ])('over the repeated hour, %s counts both half past two', (missed, count) => {
    const halfHours: Rhythm = { cron: '*/30 * * * *', everyMs: null, tz: 'Europe/Berlin' };
    const due = new Date('2026-10-25T00:00Z');

    const { ticks, next } = plannedTicks(scheduleOf(halfHours), missed, due, new Date('2026-10-25T01:45Z'));

    expect(ticks).toHaveLength(count);
    expect(next).toEqual(new Date('2026-10-25T02:00Z'));
  });
});

describe('a tick', () => {
  const schedule = scheduleOf(HOURLY);
  const due = new Date('2026-06-01T09:00Z');

  it.each<MissedPolicy>(['skip', 'once', 'catchUp'])('that is on time is made, with %s', (missed) => {
    const now = new Date(due.getTime() + ON_TIME_MS);

    expect(plannedTicks(schedule, missed, due, now)).toEqual({ ticks: [due], next: new Date('2026-06-01T10:00Z') });
  });

  it('that is later than a start takes is skipped', () => {
    const now = new Date(due.getTime() + ON_TIME_MS + 1);

    expect(plannedTicks(schedule, 'skip', due, now)).toEqual({ ticks: [], next: new Date('2026-06-01T10:00Z') });
  });

  it('that is not due is not made', () => {
    expect(plannedTicks(schedule, 'catchUp', due, new Date(due.getTime() - 1))).toEqual({ ticks: [], next: due });
  });
});

it('catches up page by page', () => {
  const schedule = scheduleOf({ cron: null, everyMs: 1_000, tz: 'UTC' });
  const due = new Date('2026-06-01T00:00Z');
  const now = new Date(due.getTime() + 700_000);

  const first = plannedTicks(schedule, 'catchUp', due, now);
  const second = plannedTicks(schedule, 'catchUp', first.next!, now);

  expect([first.ticks.length, second.ticks.length]).toEqual([MAX_TICKS, 701 - MAX_TICKS]);
  expect(second.next).toEqual(new Date(now.getTime() + 1_000));
});
