import { eventually } from '@reflex/test';
import { full, report } from './form';
import { FLAWLESS } from './oracle';
import { LANED, LEASE_MS, Scene } from './scene';
import { LanedWork } from './work-events';

const SCOPES = 100;
const EVENTS = full ? 1_000 : 50;

describe('order', () => {
  let scene: Scene;
  beforeAll(async () => (scene = await Scene.open()));
  afterAll(() => scene.close());

  it(`28: ${SCOPES} scopes with ${EVENTS} events, 10 % failures, 4 workers, kill -9 twice: strict order, never two at once`, async () => {
    const setting = { triggers: [{ ...LANED, maxAttempts: 20 }], failureRate: 0.1, timing: { baseMs: 20, maxMs: 200 } };
    const workers = await scene.start(4, setting);
    const total = SCOPES * EVENTS;
    for (let n = 0; n < EVENTS; n += 5) {
      const five = Array.from({ length: SCOPES * 5 }, (_, index) =>
        LanedWork.of({ n: n + Math.floor(index / SCOPES), lane: `s${index % SCOPES}`, act: 'flaky', source: 'test' }),
      );
      await scene.publish(five);
    }
    for (const [index, share] of [0.2, 0.5].entries()) {
      await scene.effects(total * share, 300_000);
      await workers[index]!.kill('SIGKILL');
      scene.fork(setting);
    }
    await scene.empty(full ? 900_000 : 90_000);

    const verdict = await scene.oracle.judge(scene.ids);
    const starts = await scene.count('oracle.starts');
    report('28 order', { events: total, starts, leaseMs: LEASE_MS, ...verdict });
    expect(verdict).toEqual(FLAWLESS);
    expect(starts).toBeGreaterThan(total * 1.05);
    expect(await scene.count('reflex.lanes')).toBe(0);
    await eventually(async () => expect(await scene.count('reflex.dead_letters')).toBe(0));
  }, 1_200_000);
});
