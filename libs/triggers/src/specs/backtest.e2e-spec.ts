import { setTimeout as passed } from 'node:timers/promises';
import type { Backtest } from '@reflex/core';
import { UnknownTrigger } from '@reflex/event-store';
import { eventually } from '@reflex/test';
import { count, every, quietFor } from '../conditions/condition';
import { dedupe } from '../filters/dedupe';
import { field } from '../filters/plain-filters';
import { rateLimit } from '../filters/rate-limit';
import { Backtester, type BacktestRequest } from '../rehearsal/backtester.service';
import { TriggerRegistry } from '../trigger-registry';
import { tunable } from '../tunable';
import {
  Followed,
  onStep,
  type OpenStore,
  runs,
  step,
  type Step,
  type Workers,
  workersUnderTest,
} from './workers-under-test';

const isEven = (n: number): boolean => n % 2 === 0;

describe('a backtest', () => {
  let workers: Workers;
  let calls: number;
  const handle = () => (calls += 1);
  const threshold = tunable({ threshold: 3 }, (params) => ({
    scope: 'lane',
    filter: field('n', isEven as (value: unknown) => boolean),
    when: count(params.threshold).within('10m'),
  }));
  const thresholdTrigger = {
    ...onStep({ name: 'threshold', ...threshold.optionsFor({ threshold: 3 }), handle }),
    tunable: threshold,
  };
  const triggers = [
    thresholdTrigger,
    onStep({ name: 'calm', scope: 'lane', when: quietFor('150ms'), handle }),
    onStep({ name: 'gather', scope: '*', when: every(7).orAfter('300ms'), handle }),
    onStep({ name: 'limited', scope: '*', filter: rateLimit(5, '200ms'), handle }),
    onStep({ name: 'once', scope: 'lane', filter: dedupe('n', '1h'), handle }),
    onStep({ name: 'all', handle }),
  ] as Parameters<Workers['started']>[0];
  beforeAll(async () => (workers = await workersUnderTest()));
  beforeEach(() => (calls = 0));
  afterEach(() => workers.reset());
  afterAll(() => workers.drop());

  function backtester(store: OpenStore, own = triggers): Backtester {
    const registry = new TriggerRegistry(workers.events);
    for (const trigger of own) registry.add(trigger);
    return new Backtester(store, workers.events, registry);
  }

  const lastHour = (trigger: string, rest: Partial<BacktestRequest> = {}): BacktestRequest => {
    return { trigger, from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 1_000), ...rest };
  };

  /** Bursts and pauses in two lanes, worked on as they come. */
  async function history(store: OpenStore): Promise<void> {
    for (const burst of [3, 1, 8, 2, 5, 4]) {
      for (let n = 0; n < burst; n += 1) {
        await store.publish(step(burst * 10 + (n % 4), n % 3 === 0 ? 'b' : 'a'));
        await passed(7);
      }
      await passed(burst % 2 === 0 ? 40 : 400);
    }
    await eventually(async () => expect((await runs(store)).filter(completed('calm')).length).toBeGreaterThan(2));
    await eventually(async () => expect((await runs(store)).filter(completed('limited'))).toHaveLength(23));
    await passed(400);
  }

  const completed =
    (trigger: string) =>
    (run: { trigger: string; outcome: string }): boolean =>
      run.trigger === trigger && run.outcome === 'completed';

  it('finds no difference where the code is as it was, with timers, limits and memory', async () => {
    const { store } = await workers.started(triggers);
    await history(store);
    const called = calls;
    const tables = 'events runs deliveries contexts context_events lanes effects'.split(' ');
    const rows = async () =>
      Promise.all(tables.map((table) => store.dataSource.query(`select count(*) from reflex.${table}`)));
    const before = await rows();

    const tests: Backtest[] = [];
    for (const { name } of triggers) tests.push(await backtester(store).run(lastHour(name)));

    for (const { trigger, would_fire: would, did_fire: did, differences } of tests) {
      expect({ trigger, would, differences }).toEqual({ trigger, would: did, differences: [] });
      expect(did).toBe((await runs(store)).filter(completed(trigger)).length);
    }
    expect(tests.find(({ trigger }) => trigger === 'calm')!.did_fire).toBeGreaterThan(4);
    expect(calls).toBe(called);
    expect(await rows()).toEqual(before);
  }, 60_000);

  it('tells which firings other values would add and take away, and why', async () => {
    const { store } = await workers.started([thresholdTrigger] as typeof triggers);
    // Differences come in the order of receipt, which is told in milliseconds.
    for (const n of [2, 3, 4, 6, 8, 10, 12]) {
      await store.publish(step(n, 'a'));
      await passed(2);
    }
    await store.publish([2, 4].map((n) => step(n, 'b')));
    await eventually(async () => expect(await runs(store)).toHaveLength(9));
    const own = backtester(store);

    const higher = await own.run(lastHour('threshold', { set: { threshold: '4' } }));
    const lower = await own.run(lastHour('threshold', { set: { threshold: 2 } }));

    expect(higher).toMatchObject({ params: { threshold: 4 }, changed: { threshold: 3 }, events: 9, notes: [] });
    expect(short(higher)).toEqual({
      would: 1,
      did: 2,
      differ: 3,
      differences: [
        ['gone', 'a', 'accumulated: 3 of 4 within 10m'],
        ['new', 'a', 'was accumulated: 1 of 3 within 10m'],
        ['gone', 'a', 'accumulated: 2 of 4 within 10m'],
      ],
    });
    expect(short(lower)).toMatchObject({ would: 4, did: 2 });
    expect(lower.verdicts).toEqual({ fires: 4, filtered: 1, deferred: 0, accumulated: 4, fails: 0 });
  });

  it('calls handlers with what is on record, lets nothing happen, and compares what they return', async () => {
    let version = 1;
    let published = (_event: Step): Promise<unknown> => Promise.resolve();
    const acted: string[] = [];
    const judge = onStep({
      name: 'judge',
      handle: async (context) => {
        const { n } = context.event;
        const seen = await context.step('look', () => (acted.push(`look ${n}`), { n }));
        if (version === 2 && n === 2) await context.step('look twice', () => acted.push('look twice'));
        if (version === 2 && n === 3) await published(step(99));
        context.publish(Followed.of({ source: 'judge', n }));
        context.transaction(async () => void acted.push('transaction'));
        return { verdict: version === 2 && n === 4 ? 'high' : 'low', n: seen.n };
      },
    });
    const { store } = await workers.started([judge] as typeof triggers);
    published = (event) => store.publish(event);
    for (const n of [1, 2, 3, 4]) await store.publish(step(n));
    await eventually(async () => expect((await runs(store)).filter(completed('judge'))).toHaveLength(4));
    const own = backtester(store, [judge] as typeof triggers);
    const before = acted.length;

    const same = await own.run(lastHour('judge', { handlers: 'recorded' }));
    version = 2;
    const other = await own.run(lastHour('judge', { handlers: 'recorded' }));

    expect(same.answers).toEqual({ from: 'recorded', same: 4, differ: 0, stale: 0, fail: 0, items: [], left_out: 0 });
    expect(other.answers).toMatchObject({ same: 1, differ: 1, stale: 1, fail: 1 });
    expect(other.answers!.items).toMatchObject([
      { verdict: 'stale', reason: 'The step "look twice" is not on record, and a backtest does not take it.' },
      { verdict: 'fails', reason: expect.stringMatching(/^Nothing is published in a backtest/) as string },
      { verdict: 'differs', was: { verdict: 'low', n: 4 }, would: { verdict: 'high', n: 4 } },
    ]);
    expect(acted).toHaveLength(before);
    expect((await store.search({ types: ['*'] })).items).toHaveLength(8);
  });

  it('says when there is nothing to compare with, and what it cannot know', async () => {
    const { store } = await workers.started([thresholdTrigger] as typeof triggers);
    await store.publish(step(1));
    await eventually(async () => expect(await runs(store)).toHaveLength(1));
    const made = onStep({ name: 'made', scope: '*', when: every(2), handle });

    const fresh = await backtester(store, [made] as typeof triggers).run(lastHour('made'));

    expect(fresh).toMatchObject({ events: 1, would_fire: 0, did_fire: 0 });
    expect(fresh.notes).toEqual([
      expect.stringMatching(/^What it remembered before .* is not known/),
      'No run of this trigger is recorded, so there is nothing to compare with.',
    ]);
    await expect(backtester(store).run(lastHour('nobody'))).rejects.toThrow(UnknownTrigger);
    await expect(backtester(store).run(lastHour('all', { set: { x: 1 } }))).rejects.toThrow(/has no parameter "x"/);
  });

  it('warms up with what came before, tells how far it is, and ends when told to', async () => {
    const { store } = await workers.started([thresholdTrigger] as typeof triggers);
    await store.publish([2, 4].map((n) => step(n)));
    await passed(5);
    const from = new Date();
    await store.publish([6, 8].map((n) => step(n)));
    await eventually(async () => expect((await runs(store)).filter(completed('threshold'))).toHaveLength(1));
    const own = backtester(store);
    const told: number[][] = [];

    const warm = await own.run(lastHour('threshold', { from }), { onProgress: (...now) => told.push(now) });
    const cold = await own.run(lastHour('threshold', { from, warmUpMs: 0 }));

    expect(short(warm)).toMatchObject({ would: 1, did: 1, differ: 0 });
    expect(short(cold)).toMatchObject({ would: 0, did: 1, differ: 1 });
    expect([told[0], told.at(-1)]).toEqual([
      [0, 4],
      [4, 4],
    ]);
    await expect(own.run(lastHour('threshold'), { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });
});

function short({ would_fire: would, did_fire: did, differ, differences }: Backtest): object {
  return { would, did, differ, differences: differences.map(({ change, scope, reason }) => [change, scope, reason]) };
}
