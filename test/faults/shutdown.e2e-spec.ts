import { eventually } from '@reflex/test';
import { full, report } from './form';
import { FLAWLESS } from './oracle';
import { items, Scene } from './scene';

/** The short form lasts a fifth. */
const SECOND = full ? 1_000 : 200;

describe('SIGTERM', () => {
  let scene: Scene;
  beforeEach(async () => (scene = await Scene.open()));
  afterEach(() => scene.close());

  it('8: with 50 handlers running, 20 end and 30 go back with their attempt unchanged', async () => {
    const [worker] = await scene.start(1, { worker: { drainMs: 25 * SECOND } });
    await scene.publish([...items(20, 'slow', 5 * SECOND), ...items(30, 'slow', 60 * SECOND)]);
    await eventually(async () => expect(await scene.count('oracle.starts')).toBe(50));

    const sentAt = Date.now();
    const ended = await worker!.kill('SIGTERM');
    const exitMs = Date.now() - sentAt;

    const states = await scene.oracle.rows(
      `select status::text, attempts, crashes, count(*)::int as count from reflex.deliveries group by 1, 2, 3`,
    );
    const backMs = await scene.oracle.one<{ ms: number }>(
      `select extract(epoch from max(at) - min(at))::float8 * 1000 as ms from oracle.ends where how = 'aborted'`,
    );
    report('8 SIGTERM', { exitMs, drainMs: 25 * SECOND, done: await scene.oracle.effects(), backWithinMs: backMs.ms });
    expect(ended).toEqual({ code: 0, signal: null });
    expect(states).toEqual([{ status: 'pending', attempts: 0, crashes: 0, count: 30 }]);
    expect(await scene.oracle.effects()).toBe(20);
    expect(exitMs).toBeLessThan(25 * SECOND + 5_000);
    expect(backMs.ms).toBeLessThan(1_000);
    expect(await scene.count('reflex.workers')).toBe(0);
    // Another one takes them at once.
    await scene.start(1, { slowMs: 1 });
    await scene.empty(10_000);
    expect(await scene.oracle.judge(scene.ids)).toEqual(FLAWLESS);
    const { attempts } = await scene.oracle.one<{ attempts: number }>(
      'select max(attempt)::int as attempts from reflex.runs',
    );
    expect(attempts).toBe(1);
  }, 120_000);
});
