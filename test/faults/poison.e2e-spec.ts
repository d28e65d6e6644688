import { eventually, type TestProcess } from '@reflex/test';
import { full, report } from './form';
import { FLAWLESS } from './oracle';
import { items, LANED, LEASE_MS, PLAIN, Scene } from './scene';
import { LanedWork } from './work-events';

const HEALTHY = full ? 1_000 : 200;

describe('a handler that harms its process', () => {
  let scene: Scene;
  beforeEach(async () => (scene = await Scene.open()));
  afterEach(() => scene.close());

  /** Keeps two workers running, as a supervisor does, until nothing lives. Answers how many died. */
  async function supervise(setting: Parameters<Scene['start']>[1]): Promise<number> {
    let deaths = 0;
    let open = true;
    const tend = async (worker: TestProcess): Promise<void> => {
      await worker.ended;
      if (!open) return;
      deaths += 1;
      await tend(scene.fork(setting!));
    };
    for (const worker of await scene.start(2, setting)) void tend(worker);
    await scene.empty(full ? 300_000 : 90_000);
    open = false;
    return deaths;
  }

  const reasons = () =>
    scene.oracle.rows<{ act: string; reason: string }>(
      `select event -> 'payload' ->> 'act' as act, reason from reflex.dead_letters order by 1`,
    );

  it(`6: one that ends it is poison after exactly three deaths, while ${HEALTHY} healthy ones are done`, async () => {
    const [poison, ...healthy] = [...items(1, 'poison'), ...items(HEALTHY, 'slow', 20)];
    await scene.register([PLAIN]);
    await scene.publish([poison!, ...healthy]);

    const deaths = await supervise({ worker: { concurrency: 16 } });

    const verdict = await scene.oracle.judge(scene.ids.slice(1));
    report('6 poison', { healthy: HEALTHY, deaths, leaseMs: LEASE_MS, ...verdict });
    expect(deaths).toBe(3);
    expect(await reasons()).toEqual([{ act: 'poison', reason: 'poison' }]);
    expect(verdict).toEqual(FLAWLESS);
  }, 400_000);

  it('6: several of them, with and without scope, take nobody else with them', async () => {
    const lane = Array.from({ length: 12 }, (_, n) =>
      LanedWork.of({ n, lane: 'a', act: n === 5 ? 'poison' : 'effect', source: 'test' }),
    );
    const triggers = [PLAIN, LANED];
    await scene.register(triggers);
    await scene.publish([...items(3, 'poison'), ...items(60, 'slow', 100), ...lane]);

    const deaths = await supervise({ triggers, worker: { concurrency: 16 } });

    const letters = await reasons();
    const healthy = scene.ids.slice(3).filter((_, index) => index !== 60 + 5);
    const verdict = await scene.oracle.judge(healthy);
    report('6 four poisons', { deaths, letters: letters.length, leaseMs: LEASE_MS, ...verdict });
    expect(letters).toEqual(Array.from({ length: 4 }, () => ({ act: 'poison', reason: 'poison' })));
    expect(verdict).toEqual(FLAWLESS);
  }, 400_000);

  it('7: one that hangs is aborted at its timeout, counts as an attempt, and frees its slot', async () => {
    const triggers = [{ ...PLAIN, timeout: '1s' as const, maxAttempts: 2 }];
    const [worker] = await scene.start(1, { triggers, worker: { concurrency: 4, graceMs: 200 } });
    const startedAt = Date.now();
    await scene.publish([...items(4, 'hang'), ...items(20, 'effect')]);
    await scene.effects(20, 20_000);
    const freedMs = Date.now() - startedAt;
    await scene.empty(20_000);

    const letters = await scene.oracle.rows<{ reason: string; attempts: number }>(
      'select distinct reason, attempts from reflex.dead_letters',
    );
    report('7 hanging', { freedMs, timeoutMs: 1_000, dead: await scene.count('reflex.dead_letters') });
    expect(letters).toEqual([{ reason: 'attempts_exhausted', attempts: 2 }]);
    expect(worker!.output.match(/^aborted \d+/gm)).toHaveLength(8);
    await eventually(async () => expect(await scene.heldBy(worker!)).toBe(0));
  }, 60_000);
});
