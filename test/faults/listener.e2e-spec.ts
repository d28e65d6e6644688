import { setTimeout as delay } from 'node:timers/promises';
import { eventually, startProxy, type TcpProxy } from '@reflex/test';
import { crowd, full, report } from './form';
import { items, percentile, Scene } from './scene';
import { bestOf } from './tries';

const EVENTS = full ? 300 : 60;

describe('a listener whose connection is half open', () => {
  let scene: Scene;
  let proxy: TcpProxy;
  beforeEach(async () => {
    scene = await Scene.open();
    proxy = await startProxy(Number(new URL(scene.url).port));
  });
  afterEach(async () => {
    await scene.close();
    await proxy.close();
  });

  it('13: is noticed within 15 s, work is found meanwhile, and soon after it is back', async () => {
    await scene.start(1, { store: { url: proxy.through(scene.url) } });
    let sent = 0;
    /** One event after the other; answers how long each waited for its handler. */
    const trickle = async (count: number, pauseMs: number): Promise<number[]> => {
      const first = sent;
      sent += count;
      for (let n = 0; n < count; n += 1) {
        await scene.publish(items(1, 'effect'));
        await delay(Math.random() * pauseMs);
      }
      await scene.effects(sent, 20_000);
      return scene.latencies(`e.id = any ('{${scene.ids.slice(first).join()}}')`);
    };
    const listener = () => sessionOf(scene);
    await eventually(async () => expect(await listener()).toBeDefined());
    await trickle(5, 20);

    const before = await listener();
    proxy.blackhole('reflex:listener');
    const brokenAt = Date.now();
    const meanwhile = trickle(10, 1_000);
    await eventually(async () => expect([undefined, before]).not.toContain(await listener()), { timeoutMs: 30_000 });
    const noticedMs = Date.now() - brokenAt;
    const slowest = (await meanwhile).at(-1)!;
    const p99 = await bestOf(
      async () => percentile(await trickle(EVENTS, 30), 0.99),
      (figure) => figure < 100,
    );

    report('13 half-open listener', { noticedMs, slowestMeanwhile: slowest, p99Afterwards: p99 });
    expect(noticedMs).toBeLessThan(15_000);
    expect(slowest).toBeLessThan(10_000);
    expect(p99).toBeLessThan(100 * crowd());
  }, 120_000);
});

/** The session of the worker's listener that was opened last; the test's own listens as well, on the older one. */
async function sessionOf({ oracle }: Scene): Promise<number | undefined> {
  const rows = await oracle.rows<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'reflex:listener' and datname = current_database()
      order by backend_start desc limit 1`,
  );
  return rows[0]?.pid;
}
