import { Sweep } from '@reflex/event-store';
import { eventually } from '@reflex/test';
import { type Replica, scheduledAt, ticksOf, timer, timersUnderTest } from './timers-under-test';

const PERIOD_MS = 100;

/** A replica that makes ticks as the service does; `rest` stands for a pause or the end of its process. */
function running({ sweep }: Replica) {
  const errors: unknown[] = [];
  const loop = new Sweep(
    1_000,
    () => sweep.runOnce(),
    (error) => errors.push(error),
  );
  loop.start();
  return { errors, rest: () => loop.stop(), goOn: () => loop.start() };
}

it('makes each tick of a quick timer once over replicas that come, rest and go', async () => {
  const bed = await timersUnderTest();
  const replicas = [await bed.replica(), await bed.replica(), await bed.replica()];
  const [first] = replicas as [Replica, ...Replica[]];
  const count = async () => (await first.table.find('quick')).tickCount;
  const reaches = (ticks: number) =>
    eventually(async () => expect(await count()).toBeGreaterThanOrEqual(ticks), { timeoutMs: 20_000 });
  await first.table.create(timer('quick', { everyMs: PERIOD_MS, missed: 'catchUp' }));

  const loops = replicas.map(running);
  await reaches(10);
  await loops[0]!.rest();
  await reaches(20);
  await loops[1]!.rest();
  loops[0]!.goOn();
  await reaches(30);
  // Nobody is left for a while: what was missed is made up for.
  await Promise.all(loops.map(({ rest }) => rest()));
  const before = await count();
  await first.store.dataSource.query('select pg_sleep(0.7)');
  expect(await count()).toBe(before);
  loops[1]!.goOn();
  await reaches(before + 10);
  await Promise.all(loops.map(({ rest }) => rest()));

  const times = scheduledAt(await ticksOf(first, 'quick'));
  expect(new Set(times).size).toBe(times.length);
  expect(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) === PERIOD_MS)).toBe(true);
  expect(times).toHaveLength(await count());
  expect(loops.flatMap(({ errors }) => errors)).toEqual([]);
  await bed.drop();
}, 60_000);
