import { openPostgresStore, type PostgresEventStore } from '@reflex/event-store';
import { eventually } from '@reflex/test';
import { Client } from 'pg';
import { full, report } from './form';
import { FLAWLESS } from './oracle';
import { items, LANED, PLAIN, Scene } from './scene';
import { SteadyLoad } from './steady-load';
import { LanedWork, WorkItem } from './work-events';

const OLD_DAYS = full ? 60 : 15;
const LIVE = full ? 20_000 : 600;
const ROLL_IN_SECONDS = full ? 20 : 5;

const OLD_PARTITIONS = `pg_inherits i join pg_class c on c.oid = i.inhrelid
  where c.relname ~ '^(events|runs)_[0-9]{8}$' and right(c.relname, 8) < to_char(now() at time zone 'utc', 'YYYYMMDD')`;

describe('history', () => {
  let scene: Scene;
  let sweepers: (PostgresEventStore & { close(): Promise<void> })[];
  beforeEach(async () => {
    scene = await Scene.open();
    sweepers = [];
  });
  afterEach(async () => {
    await Promise.all(sweepers.map((sweeper) => sweeper.close()));
    await scene.close();
  });

  /** A process that comes up: its sweeps make and drop partitions at once. */
  async function startSweeper(): Promise<void> {
    const store = await openPostgresStore({
      url: scene.url,
      app: 'sweeper',
      poolSize: 3,
      notify: false,
      retention: { events: 5, runs: 5 },
    });
    sweepers.push(store);
    await store.openLease();
  }

  it('26: midnight, new partitions and the drop of old ones, with a long reader in the way: no publish fails or waits', async () => {
    // Today in two halves, so that midnight comes in a moment.
    await scene.oracle.rows(`do $$
      declare
        today date := (now() at time zone 'utc')::date;
        midnight timestamptz := now() + interval '${ROLL_IN_SECONDS} s';
        history text;
        day date;
      begin
        foreach history in array array['events', 'runs'] loop
          execute format('drop table reflex.%I', history || to_char(today, '_YYYYMMDD'));
          execute format('create table reflex.%I partition of reflex.%I for values from (%L) to (%L)',
            history || to_char(today, '_YYYYMMDD'), history, today::timestamp at time zone 'utc', midnight);
          execute format('create table reflex.%I partition of reflex.%I for values from (%L) to (%L)',
            history || '_tomorrow', history, midnight, (today + 1)::timestamp at time zone 'utc');
          for day in select today - n from generate_series(10, 9 + ${OLD_DAYS}) n loop
            execute format('create table reflex.%I partition of reflex.%I for values from (%L) to (%L)',
              history || to_char(day, '_YYYYMMDD'), history, day::timestamp at time zone 'utc',
              (day + 1)::timestamp at time zone 'utc');
          end loop;
          execute format('drop table reflex.%I', history || to_char(today + 7, '_YYYYMMDD'));
        end loop;
      end $$`);
    await scene.start(1);
    const load = new SteadyLoad(scene.store, (n) => WorkItem.of({ n, act: 'nothing', source: 'test' }));
    const reader = new Client({ connectionString: scene.url });
    await reader.connect();
    await reader.query('begin isolation level repeatable read; select count(*) from reflex.events');
    await reader.query('select count(*) from reflex.runs');

    await startSweeper();
    await eventually(async () =>
      expect(await scene.count(`pg_stat_database where datname = current_database() and xact_rollback > 0`)).toBe(1),
    );
    const keptByReader = await scene.count(OLD_PARTITIONS);
    await reader.query('rollback');
    await startSweeper();
    await eventually(async () => expect(await scene.count(OLD_PARTITIONS)).toBe(0), { timeoutMs: 30_000 });
    await eventually(async () => expect(await scene.count('reflex.events_tomorrow')).toBeGreaterThan(200), {
      timeoutMs: 60_000,
    });
    const { published, errors, p50, p99, max } = await load.stop();
    await scene.empty(30_000);

    await reader.end();
    const before = await scene.count(`reflex.events_${today()}`);
    const completed = await scene.count(`reflex.runs where outcome = 'completed'`);
    const strays = (await scene.count('reflex.events_default')) + (await scene.count('reflex.runs_default'));
    const { partitionDaysAhead } = await scene.store.stats();
    report('26 partitions', { published, before, dropped: 2 * OLD_DAYS, errors: errors.length, strays, p50, p99, max });
    expect(errors).toEqual([]);
    expect(keptByReader).toBe(2 * OLD_DAYS);
    expect(p99).toBeLessThan(500);
    expect(strays).toBe(0);
    expect(before).toBeGreaterThan(0);
    expect(completed).toBe(published);
    expect(partitionDaysAhead).toBe(7);
  }, 120_000);

  it(`operations: retention takes the days that ${LIVE} live deliveries come from, under the hands of the workers: all are done once, in order`, async () => {
    const triggers = [PLAIN, LANED];
    await scene.start(1, { triggers }).then(([first]) => first!.kill('SIGTERM'));
    await scene.publish(items(LIVE / 2, 'slow', 100));
    await scene.publish(
      Array.from({ length: LIVE / 2 }, (_, n) =>
        LanedWork.of({ n, lane: `lane-${n % 30}`, act: 'flaky', source: 'test' }),
      ),
    );
    // As if all of this had been published 40 days ago.
    const day = new Date(Date.now() - 40 * 86_400_000).toISOString().slice(0, 10);
    const old = `events_${day.replaceAll('-', '')}`;
    await scene.oracle.rows(`create table reflex.${old} (like reflex.events including all)`);
    await scene.oracle.rows(`
      with moved as (delete from reflex.events returning *)
      insert into reflex.${old} select seq, id, type, source, "timestamp", '${day} 12:00+00', trace_id, correlation_id,
        causation_id, depth, payload from moved`);
    await scene.oracle.rows(`update reflex.deliveries set event_at = '${day} 12:00+00'`);
    await scene.oracle.rows(`alter table reflex.events attach partition reflex.${old}
      for values from ('${day} 00:00+00') to ('${day} 24:00+00')`);

    const workers = await scene.start(2, { triggers, failureRate: 0.2, worker: { concurrency: 16 } });
    await scene.effects(20, 20_000);
    const held = (await Promise.all(workers.map((worker) => scene.heldBy(worker)))).reduce((a, b) => a + b);
    const live = await scene.live();
    await startSweeper();
    await eventually(async () => expect(await scene.count(OLD_PARTITIONS)).toBe(0), { timeoutMs: 30_000 });
    const liveAfter = await scene.live();
    await scene.empty(60_000);

    const verdict = await scene.oracle.judge(scene.ids);
    const letters = await scene.count('reflex.dead_letters');
    report('retention with live deliveries', { live, held, liveAfter, letters, ...verdict });
    expect(held).toBeGreaterThan(0);
    expect(liveAfter).toBeGreaterThan(0);
    expect(await scene.count('reflex.events')).toBe(0);
    // With one attempt in five failing, some give up; their dead letters have the event.
    const copies = await scene.count(`reflex.dead_letters where reason = 'attempts_exhausted' and event ? 'payload'`);
    expect(copies).toBe(letters);
    expect(verdict).toEqual({ ...FLAWLESS, lost: letters });
  }, 120_000);
});

function today(): string {
  return new Date().toISOString().slice(0, 10).replaceAll('-', '');
}
