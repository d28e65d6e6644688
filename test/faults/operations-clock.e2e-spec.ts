import { join } from 'node:path';
import { startProcess, type TestProcess } from '@reflex/test';
import type { WorkerSetting } from './fixtures/worker-setting';
import { crowd, full, report } from './form';
import { FLAWLESS } from './oracle';
import { items, LANED, LEASE_MS, PLAIN, Scene } from './scene';
import { LanedWork } from './work-events';

const SKEW_MS = 600_000;
const DELAYED = full ? 500 : 60;
const RETRY_MS = 1_500;

describe('clocks that are wrong by ten minutes', () => {
  let scene: Scene;
  const workers: TestProcess[] = [];
  beforeEach(async () => (scene = await Scene.open()));
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.kill('SIGKILL')));
    await scene.close();
  });

  async function startSkewed(skewMs: number): Promise<TestProcess> {
    const { url } = scene;
    const setting: WorkerSetting = {
      url,
      store: { url, poolSize: 6, leaseMs: LEASE_MS },
      worker: { concurrency: 64 },
      timing: { maxAttempts: 3, baseMs: RETRY_MS, maxMs: RETRY_MS, timeoutMs: 120_000 },
      triggers: [PLAIN, { ...LANED, failures: 1 }],
      failureRate: 0,
      tellStarts: true,
    };
    const worker = startProcess('test/faults/fixtures/worker.ts', {
      env: { FAULTY_WORKER: JSON.stringify(setting), CLOCK_SKEW_MS: String(skewMs) },
      nodeArgs: ['-r', join(__dirname, 'fixtures', 'skewed-clock.cjs')],
    });
    workers.push(worker);
    await worker.line(/^ready/, { timeoutMs: 60_000 });
    return worker;
  }

  it('11: delays, retries and leases keep the time of the database: nothing runs early or late by more than 1 s', async () => {
    const [ahead, behind] = await Promise.all([startSkewed(SKEW_MS), startSkewed(-SKEW_MS)]);
    const { now } = await scene.oracle.one<{ now: Date }>('select now() as now');
    const due = Array.from({ length: DELAYED }, (_, n) => 2_000 + Math.round((n * 4_000) / DELAYED));
    const delayed = items(DELAYED, 'effect');
    const slow = items(8, 'slow', 1.5 * LEASE_MS);
    const laned = Array.from({ length: 20 }, (_, n) =>
      LanedWork.of({ n, lane: `lane-${n}`, act: 'effect', source: 'test' }),
    );

    const dated = await scene.store.publish(delayed, {
      deliverAt: due.map((ms) => new Date(now.getTime() + ms)),
    });
    await scene.publish([...slow, ...laned]);
    const ids = [...dated.map(({ id }) => id), ...scene.ids];
    await scene.effects(ids.length, 60_000);
    await scene.empty(20_000);

    const offs = await scene.oracle.rows<{ ms: number }>(
      `select extract(epoch from s.at - $1::timestamptz)::float8 * 1000 - 2000 - round(s.n * 4000.0 / ${DELAYED})::float8 as ms
         from oracle.starts s where s.event_id = any ($2)`,
      [now, dated.map(({ id }) => id)],
    );
    const early = Math.min(...offs.map(({ ms }) => ms));
    const late = Math.max(...offs.map(({ ms }) => ms));
    // After a failure, half to all of the wait.
    const waits = await scene.oracle.rows<{ ms: number }>(
      `select extract(epoch from b.at - a.at)::float8 * 1000 as ms
         from oracle.starts a join oracle.starts b on b.event_id = a.event_id and b.attempt = 2 and a.attempt = 1
        where a.trigger = 'laned'`,
    );
    const [shortest, longest] = [Math.min(...waits.map(({ ms }) => ms)), Math.max(...waits.map(({ ms }) => ms))];
    const rescued = await scene.count(`reflex.runs where error ->> 'code' = 'worker_died'`);
    const verdict = await scene.oracle.judge(ids);
    report('11 clocks', { early, late, shortest, longest, rescued, ...verdict });
    // Both took part, each by its own idea of the time.
    for (const [worker, skew] of [[ahead, SKEW_MS] as const, [behind, -SKEW_MS] as const]) {
      const at = Number(/started \d+ at (\d+)/.exec(await worker.line(/^started/))![1]);
      expect(Math.abs(at - skew - now.getTime())).toBeLessThan(120_000);
    }
    expect(early).toBeGreaterThan(-50);
    expect(late).toBeLessThan(1_000 * crowd());
    expect(waits).toHaveLength(20);
    expect(shortest).toBeGreaterThan(RETRY_MS / 2 - 50);
    expect(longest).toBeLessThan(RETRY_MS + 1_000 * crowd());
    expect(rescued).toBe(0);
    expect(workers.map(({ output }) => output).join()).not.toMatch(/lease lost|stale/);
    expect(verdict).toEqual(FLAWLESS);
  }, 120_000);
});
