import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { EventStore, EventStoreModule } from '@reflex/event-store';
import { TimerTick } from '@reflex/events';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { type DecisionContext, OnEvent, TriggersModule } from '@reflex/triggers';
import { DataSource } from 'typeorm';
import { InvalidTimer } from './errors';
import { OnTimer } from './on-timer.decorator';
import { TimerService } from './timer.service';
import { TimersModule } from './timers.module';

let failures = 0;

@Injectable()
class Reports {
  @OnTimer({ every: '1s', name: 'beat' })
  beat({ event }: DecisionContext<TimerTick>): number {
    return event.tick_count;
  }

  @OnTimer({ every: '1s', missed: 'catchUp', name: 'shaky', maxAttempts: 2 })
  shaky({ event }: DecisionContext<TimerTick>): string {
    if (event.tick_count === 1 && failures++ === 0) throw new Error('The first attempt fails.');
    return event.scheduled_at!;
  }

  @OnTimer({ cron: '0 9 * * 1-5', tz: 'Europe/Berlin' })
  daily(): void {}
}

@Injectable()
class Listeners {
  @OnEvent(TimerTick, { name: 'all-ticks', match: { timer_name: 'by-rest' } })
  tick({ event }: DecisionContext<TimerTick>): string {
    return event.timer_name;
  }
}

@Injectable()
class Wrong {
  @OnTimer({ cron: 'every morning', name: 'wrong' })
  wrong(): void {}
}

describe('@OnTimer', () => {
  let database: TestDatabase;
  let app: TestingModule | undefined;

  beforeAll(async () => (database = await freshDatabase()));
  afterEach(async () => app?.close());
  afterAll(() => database.drop());

  async function start(...providers: (new () => object)[]): Promise<TestingModule> {
    @Module({ providers })
    class Domain {}
    const made = await Test.createTestingModule({
      imports: [
        EventStoreModule.forRoot({ url: database.url, poolSize: 4 }),
        TriggersModule.forRoot({ defaults: { baseMs: 20, maxMs: 20 } }),
        TimersModule.forRoot({}),
        Domain,
      ],
    }).compile();
    app = made;
    return made.init();
  }

  const runsOf = async (trigger: string) => (await app!.get(EventStore).searchRuns({ trigger })).items.toReversed();

  it('D34: runs its method at each tick of its own timer, as a trigger with runs and retries', async () => {
    await start(Reports, Listeners);

    await eventually(async () => expect((await runsOf('beat')).length).toBeGreaterThanOrEqual(2));
    const beats = await runsOf('beat');
    expect(beats.slice(0, 2)).toMatchObject([
      { outcome: 'completed', result: 1, scope: 'beat' },
      { outcome: 'completed', result: 2 },
    ]);
    await eventually(async () => expect((await runsOf('shaky')).length).toBeGreaterThanOrEqual(3));
    const shaky = await runsOf('shaky');
    expect(shaky.slice(0, 3).map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
      ['failed', 1],
      ['completed', 2],
      ['completed', 1],
    ]);
    // Ticks of others were never delivered to it, and so left no run.
    expect(await runsOf('all-ticks')).toEqual([]);
  });

  it('is listed with its next time', async () => {
    await start(Reports);

    const timers = await app!.get(TimerService).list();

    expect(timers).toMatchObject([
      {
        name: 'Reports.daily',
        cron: '0 9 * * 1-5',
        tz: 'Europe/Berlin',
        missed: 'once',
        origin: 'code',
        paused: false,
      },
      { name: 'beat', everyMs: 1_000, missed: 'once' },
      { name: 'shaky', missed: 'catchUp' },
    ]);
  });

  it('goes on after a restart with what was missed', async () => {
    await start(Reports);
    await app!.close();
    const ticks = await lastTick('shaky');
    await start(Reports);

    await eventually(async () => expect(await lastTick('shaky')).toBeGreaterThan(ticks + 1));

    const { rows } = await query(`
      select count(*)::int as gaps
        from (select (payload ->> 'scheduled_at')::timestamptz - lag((payload ->> 'scheduled_at')::timestamptz)
                     over (order by seq) as gap
                from reflex.events where source = 'timer:shaky') t
       where gap <> interval '1 second'`);
    expect(rows).toEqual([{ gaps: 0 }]);
  });

  it('is retired with its trigger when it leaves the code', async () => {
    await start(Reports);
    // While it serves its triggers, they cannot be retired.
    await app!.close();
    await query(`update reflex.triggers set active = false where name = 'Reports.daily'`);
    await query(
      `update reflex.timers set seen_at = now() - interval '2 minutes', next_at = now() where name = 'Reports.daily'`,
    );

    await start(Listeners);

    expect((await app!.get(TimerService).list()).map(({ name }) => name)).not.toContain('Reports.daily');
    await eventually(async () => {
      const { rows } = await query(`select name from reflex.timers where name = 'Reports.daily'`);
      expect(rows).toEqual([]);
    });
    const { rows } = await query(`select from reflex.events where source = 'timer:Reports.daily'`);
    expect(rows).toEqual([]);
  });

  it('ticks for any trigger when it was made while the service runs', async () => {
    await start(Listeners);
    await app!.get(TimerService).create('by-rest', { every: '10s' });
    await query(`update reflex.timers set next_at = date_trunc('milliseconds', now()) where name = 'by-rest'`);

    const runs = await eventually(async () => {
      const found = await runsOf('all-ticks');
      expect(found).toHaveLength(1);
      return found;
    });

    expect(runs[0]!.result).toBe('by-rest');
  });

  it('stops the start with one sentence when its rhythm is wrong', async () => {
    const started = start(Wrong);

    await expect(started).rejects.toThrow(InvalidTimer);
    await expect(started).rejects.toThrow(/Timer "wrong": "every morning" is no cron expression/);
  });

  async function lastTick(name: string): Promise<number> {
    const { rows } = await query(`
      select coalesce(max((payload ->> 'tick_count')::int), 0) as ticks from reflex.events where source = 'timer:${name}'`);
    return rows[0]!['ticks'] as number;
  }

  async function query(text: string): Promise<{ rows: Record<string, unknown>[] }> {
    const dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    try {
      return { rows: await dataSource.query<Record<string, unknown>[]>(text) };
    } finally {
      await dataSource.destroy();
    }
  }
});
