import { openPostgresStore } from '@reflex/event-store';
import { eventually } from '@reflex/test';
import { setTimeout as delay } from 'node:timers/promises';
import { full, report } from './form';
import { items, LANED, percentile, PLAIN, Scene } from './scene';
import { LanedWork } from './work-events';

const ROWS = 10_000;
const HOT = full ? 200_000 : 20_000;
const OTHERS = full ? 10_000 : 300;

describe('time', () => {
  let scene: Scene;
  beforeEach(async () => (scene = await Scene.open()));
  afterEach(() => scene.close());

  it('12: 10,000 deliveries of a dead process behind 10,000 of a live one are all retaken within 10 s', async () => {
    await scene.oracle.rows(
      `with dead as (
         insert into reflex.workers (app, host, pid, trigger_ids, beat_at)
         values ('api', 'test', 1, '{}', now() - interval '1 hour') returning id
       ), live as (
         insert into reflex.workers (app, host, pid, trigger_ids, beat_at)
         values ('elsewhere', 'test', 2, '{}', now() + interval '1 hour') returning id
       )
       insert into reflex.deliveries (event_seq, trigger_id, event_at, status, worker_id, lease_token)
       select n, 1, now(), 'processing', case when n <= $1 then (select id from live) else (select id from dead) end, n
         from generate_series(1, 2 * $1) n`,
      [ROWS],
    );
    const held = (pid: number) =>
      scene.count(`reflex.deliveries d join reflex.workers w on w.id = d.worker_id where w.pid = ${pid}`);
    const sweeper = await openPostgresStore({ url: scene.url, app: 'sweeper', notify: false });

    const startedAt = Date.now();
    await sweeper.openLease();
    await eventually(async () => expect(await held(1)).toBe(0), { timeoutMs: 30_000 });
    const tookMs = Date.now() - startedAt;
    await sweeper.close();

    report('12 rescue', { rescued: ROWS, tookMs, untouched: await held(2) });
    expect(tookMs).toBeLessThan(10_000);
    expect(await held(2)).toBe(ROWS);
    expect(await scene.count(`reflex.deliveries where status = 'pending' and crashes = 1`)).toBe(ROWS);
  }, 60_000);

  /** Publishes one event after the other into an idle system; answers how long each waited for its handler. */
  async function trickle(count: number): Promise<number[]> {
    for (const item of items(count, 'effect')) {
      await scene.publish([item]);
      await delay(Math.random() * 60);
    }
    await scene.effects(count, 20_000);
    return scene.latencies();
  }

  it('14: without notifications all is processed, from publish to start p99 within 1.5 s', async () => {
    const store = { notify: false };
    await scene.start(2, { store });

    const sorted = await trickle(100);

    report('14 notify off', { events: 100, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) });
    expect(percentile(sorted, 0.99)).toBeLessThan(1_500);
  }, 60_000);

  it('17: from publish to start over three idle processes', async () => {
    await scene.start(3);

    const sorted = await trickle(150);

    const [p50, p99, max] = [percentile(sorted, 0.5), percentile(sorted, 0.99), sorted.at(-1)!];
    report('17 latency', { events: 150, p50, p99, max });
    // On a quiet machine p50 is 15, p99 75 and max 250 ms; others may be at work here.
    expect(p50).toBeLessThan(full ? 15 : 75);
    expect(p99).toBeLessThan(full ? 75 : 500);
    expect(max).toBeLessThan(full ? 250 : 1_000);
  }, 60_000);

  it(`20: ${HOT} waiting in one scope hold no other up: start p99 within 500 ms`, async () => {
    await scene.register([LANED, PLAIN]);
    const hot = (n: number) => LanedWork.of({ n, lane: 'hot', act: 'slow', ms: 20, source: 'test' });
    await scene.publish(Array.from({ length: HOT }, (_, n) => hot(n)));
    await scene.start(2, { triggers: [LANED, PLAIN] });
    await eventually(async () => expect(await scene.count(`oracle.starts where scope = 'hot'`)).toBeGreaterThan(5));

    const othersP99 = async (round: number) => {
      const lane = (n: number) => `other-${round}-${n % 50}`;
      for (let n = 0; n < OTHERS; n += 1) {
        await scene.publish([LanedWork.of({ n, lane: lane(n), act: 'effect', source: 'test' })]);
      }
      const done = `oracle.effects where scope like 'other-${round}-%'`;
      await eventually(async () => expect(await scene.count(done)).toBe(OTHERS), { timeoutMs: 30_000 });
      const sorted = await scene.latencies(`s.scope like 'other-${round}-%'`);
      const waiting = await scene.count('reflex.deliveries');
      report('20 hot scope', { waiting, others: OTHERS, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) });
      return percentile(sorted, 0.99);
    };

    // In the short form other tests run beside this one: there the best of three rounds tells what the store does.
    const rounds = [await othersP99(1)];
    while (rounds.at(-1)! >= 500 && rounds.length < (full ? 1 : 3)) rounds.push(await othersP99(rounds.length + 1));

    const waiting = await scene.count('reflex.deliveries');
    expect(waiting).toBeGreaterThan(HOT / 2);
    expect(Math.min(...rounds)).toBeLessThan(500);
  }, 120_000);
});
