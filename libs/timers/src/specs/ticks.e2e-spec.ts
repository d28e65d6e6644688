import type { MissedPolicy } from '../rhythm';
import { defineTimer } from '../timer-definition';
import { type Replica, scheduledAt, setBack, ticksOf, timer, timersUnderTest } from './timers-under-test';

let bed: Awaited<ReturnType<typeof timersUnderTest>>;
let replica: Replica;

beforeAll(async () => {
  bed = await timersUnderTest();
  replica = await bed.replica();
});
afterEach(() => jest.useRealTimers());
afterAll(() => bed.drop());

it('is an event with the name, the count and the time that it was due', async () => {
  await replica.table.create(timer('plain'));
  await setBack(replica, 'plain', '10 milliseconds');
  const { nextAt } = await replica.table.find('plain');

  await replica.sweep.runOnce();

  const scheduled = nextAt!.toISOString();
  expect(await ticksOf(replica, 'plain')).toMatchObject([
    {
      id: `timer:plain:${scheduled}`,
      type: 'timer.tick',
      payload: { timer_name: 'plain', tick_count: 1, scheduled_at: scheduled },
      meta: { causation_id: null, depth: 0 },
    },
  ]);
  expect(await replica.table.find('plain')).toMatchObject({
    tickCount: 1,
    lastAt: nextAt,
    nextAt: new Date(nextAt!.getTime() + 3_600_000),
  });
});

it('is made once, however many look at the same time', async () => {
  await replica.table.create(timer('raced'));
  await setBack(replica, 'raced', '10 milliseconds');
  const replicas = [replica, await bed.replica(), await bed.replica()];
  // All of them see it due before the first one acts.
  const seen = await Promise.all(replicas.map(({ table }) => table.due(10)));
  const plans = seen.map(([due]) => [
    { timer: due!, ticks: [due!.nextAt], next: new Date(due!.nextAt.getTime() + 9e6) },
  ]);

  const made = await Promise.all(replicas.map(({ table }, index) => table.tick(plans[index]!)));
  await Promise.all([...replicas, ...replicas].map(({ sweep }) => sweep.runOnce()));

  expect(made.toSorted((a, b) => a - b)).toEqual([0, 0, 1]);
  expect(await ticksOf(replica, 'raced')).toHaveLength(1);
});

it('is not made a second time for the same time, even if the timer was deleted and made anew', async () => {
  const at = "date_trunc('hour', now()) - interval '1 second'";
  for (let round = 0; round < 2; round += 1) {
    await replica.table.create(timer('again'));
    await replica.store.dataSource.query(`update reflex.timers set next_at = ${at} where name = 'again'`);
    await replica.sweep.runOnce();
    await replica.table.delete('again');
  }

  expect(await ticksOf(replica, 'again')).toHaveLength(1);
});

it.each([-600_000, 600_000])('heeds the clock of the database, not that of a process %d ms off', async (skewMs) => {
  const name = skewMs < 0 ? 'slow-clock' : 'fast-clock';
  await replica.table.create(timer(name, { everyMs: 300_000 }));
  await replica.table.create(timer(`${name}-due`));
  await setBack(replica, `${name}-due`, '10 milliseconds');
  jest.useFakeTimers({ now: Date.now() + skewMs, doNotFake: [...NOT_THE_DATE] });

  await replica.sweep.runOnce();

  jest.useRealTimers();
  expect(await ticksOf(replica, name)).toEqual([]);
  expect(await ticksOf(replica, `${name}-due`)).toHaveLength(1);
  const { nextAt } = await replica.table.find(name);
  expect(Math.abs(nextAt!.getTime() - Date.now() - 300_000)).toBeLessThan(5_000);
});

describe('after three missed periods', () => {
  it.each<[MissedPolicy, number]>([
    ['skip', 0],
    ['once', 1],
    ['catchUp', 4],
  ])('%s makes %d ticks, and the timer goes on', async (missed, count) => {
    const name = `missed-${missed}`;
    await replica.table.create(timer(name, { missed }));
    await setBack(replica, name, '3 hours 10 minutes');
    const { nextAt: due } = await replica.table.find(name);

    await replica.sweep.runOnce();
    await replica.sweep.runOnce();

    const ticks = await ticksOf(replica, name);
    const times = [0, 1, 2, 3].map((periods) => due!.getTime() + periods * 3_600_000);
    expect(scheduledAt(ticks)).toEqual(count === 0 ? [] : times.slice(-count));
    expect(ticks.map(({ payload }) => payload['tick_count'])).toEqual(
      times.slice(0, count).map((_, index) => index + 1),
    );
    expect((await replica.table.find(name)).nextAt!.getTime()).toBe(due!.getTime() + 4 * 3_600_000);
  });
});

it('catches up more than fits into one transaction', async () => {
  await replica.table.create(timer('long', { everyMs: 1_000, missed: 'catchUp' }));
  await setBack(replica, 'long', '1200.5 seconds');

  for (let round = 0; round < 3; round += 1) await replica.sweep.runOnce();

  const times = scheduledAt(await ticksOf(replica, 'long'));
  expect(times.length).toBeGreaterThanOrEqual(1_201);
  expect(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) === 1_000)).toBe(true);
  await replica.table.delete('long');
});

it('comes at the local time of a zone', async () => {
  await replica.table.create(defineTimer('berlin', { cron: '0 9 * * *', tz: 'Europe/Berlin' }, 10_000));

  const { nextAt } = await replica.table.find('berlin');

  expect(nextAt!.toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' })).toBe('09:00:00');
});

it('is not made while the timer is paused, nor made up for afterwards', async () => {
  await replica.table.create(timer('pausing', { missed: 'catchUp' }));
  await replica.table.pause('pausing');
  await setBack(replica, 'pausing', '3 hours');

  await replica.sweep.runOnce();
  const { nextAt } = await replica.table.resume('pausing');
  await replica.sweep.runOnce();

  expect(await ticksOf(replica, 'pausing')).toEqual([]);
  expect(nextAt!.getTime()).toBeGreaterThan(Date.now());
});

const NOT_THE_DATE = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;
