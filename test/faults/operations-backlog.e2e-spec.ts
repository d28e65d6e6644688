import { readFile } from 'node:fs/promises';
import { openPostgresStore, type PostgresEventStore, type SlotRequest } from '@reflex/event-store';
import { eventually } from '@reflex/test';
import { full, report } from './form';
import { FLAWLESS } from './oracle';
import { items, LANED, percentile, PLAIN, Scene } from './scene';
import { LanedWork } from './work-events';

const BACKLOG = full ? 1_000_000 : 50_000;
const HOT = BACKLOG / 5;
const FEW = 1_000;
const ROUNDS = full ? 1_000 : 80;
const SLOTS = 10;
const GOOD = full ? 5_000 : 400;

describe('a backlog', () => {
  const scenes: Scene[] = [];
  afterEach(async () => {
    await Promise.all(scenes.splice(0).map((scene) => scene.close()));
  });

  async function open(): Promise<Scene> {
    const scene = await Scene.open();
    scenes.push(scene);
    await scene.start(1, { triggers: [PLAIN, LANED] }).then(([first]) => first!.kill('SIGTERM'));
    return scene;
  }

  /** A fifth of it in one scope, a fifth in scopes of 20, the rest without. */
  async function fill(scene: Scene, count: number): Promise<void> {
    const hot = (n: number) => LanedWork.of({ n, lane: 'hot', act: 'nothing', source: 'test' });
    const spread = (n: number) =>
      LanedWork.of({ n, lane: `lane-${n % (count / 100)}`, act: 'nothing', source: 'test' });
    for (let from = 0; from < count; from += 1_000) {
      const batch = items(600, 'nothing');
      const laned = Array.from({ length: 400 }, (_, n) =>
        n % 2 === 0 ? hot(from + n) : spread((from / 1_000) * 200 + (n - 1) / 2),
      );
      await scene.publish([...batch, ...laned]);
    }
    await scene.oracle.rows('analyze reflex.deliveries');
  }

  /** Takes 20 units and gives them back; answers the milliseconds of the claim. */
  async function claimOnce(store: PostgresEventStore, wanted: SlotRequest[]): Promise<number> {
    const startedAt = performance.now();
    const { runs } = await store.claim(wanted);
    const took = performance.now() - startedAt;
    expect(runs.length).toBe(2 * SLOTS);
    await store.release(runs.flat());
    return took;
  }

  async function claimer(scene: Scene) {
    const store = await openPostgresStore({ url: scene.url, poolSize: 2, notify: false });
    const triggers = (await store.triggers()).filter(({ name }) => [PLAIN.name, LANED.name].includes(name));
    await store.openLease();
    return { store, wanted: triggers.map(({ id }) => ({ triggerId: id, slots: SLOTS })) };
  }

  it(`18: of ${BACKLOG} waiting, ${HOT} in one scope, is claimed as fast as of ${FEW}, and in little memory`, async () => {
    const [small, large] = [await open(), await open()];
    await fill(small, FEW);
    await fill(large, BACKLOG);
    const [few, many] = [await claimer(small), await claimer(large)];
    const took = { few: [] as number[], many: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      // In turns, so that both meet the same machine.
      took.few.push(await claimOnce(few.store, few.wanted));
      took.many.push(await claimOnce(many.store, many.wanted));
    }
    await Promise.all([few.store.close(), many.store.close()]);

    const [worker] = await large.start(1, { triggers: [PLAIN, LANED] });
    const atStart = await residentMiB(worker!.pid);
    const target = full ? 200_000 : 5_000;
    await eventually(async () => expect(await large.count('reflex.runs')).toBeGreaterThan(target), {
      timeoutMs: 120_000,
    });
    const peak = await residentMiB(worker!.pid);

    const [a, b] = [took.few.toSorted((x, y) => x - y), took.many.toSorted((x, y) => x - y)];
    const figures = { p50few: percentile(a, 0.5), p50many: percentile(b, 0.5) };
    const tails = { p99few: percentile(a, 0.99), p99many: percentile(b, 0.99) };
    report('18 backlog', { waiting: BACKLOG, ...figures, ...tails, atStartMiB: atStart, peakMiB: peak });
    expect(tails.p99many).toBeLessThan(tails.p99few * 3);
    // Milliseconds of a claim say something only where nothing else is at work.
    if (full) expect(tails.p99many).toBeLessThan(25);
    expect(figures.p50many).toBeLessThan(figures.p50few * 3);
    expect(peak - atStart).toBeLessThan(200);
  }, 600_000);

  it('operations: of a poisoned batch, bad rows between good ones of the same commit and the same scopes harm only themselves', async () => {
    const scene = await open();
    // As a careless script would publish them: every fifth is no event that anybody can read or work on.
    await scene.oracle.rows(
      `select from reflex.publish((
         select jsonb_agg(jsonb_build_object('id', 'row-' || n, 'type', case when n % 2 = 0 then 'work.item' else 'work.laned' end,
                  'source', 'script', 'at', now(), 'trace', 't', 'corr', 'row-' || n, 'depth', 0, 'payload', case
                    when n % 5 > 0 then jsonb_build_object('n', n, 'lane', 'lane-' || n % 7, 'act', 'effect')
                    when n % 3 = 0 then '[1, 2]'::jsonb
                    when n % 3 = 1 then jsonb_build_object('n', 'many', 'lane', 'lane-' || n % 7, 'act', 'effect')
                    else jsonb_build_object('lane', 'lane-' || n % 7, 'act', 'no such act', 'n', n) end))
           from generate_series(1, $1::int) n))`,
      [GOOD],
    );
    const [worker] = await scene.start(1, { triggers: [PLAIN, LANED], timing: { maxAttempts: 2 } });

    await scene.empty(60_000);

    const good = Array.from({ length: GOOD }, (_, n) => n + 1).filter((n) => n % 5 > 0);
    const verdict = await scene.oracle.judge(good.map((n) => `row-${n}`));
    const letters = await scene.oracle.rows<{ reason: string; count: number; good: number }>(
      `select reason, count(*)::int as count, count(*) filter (where substr(event_id, 5)::int % 5 > 0)::int as good
         from reflex.dead_letters group by 1 order by 1`,
    );
    const dead = letters.reduce((sum, { count }) => sum + count, 0);
    report('poisoned batch', { good: good.length, dead, ...verdict });
    expect(verdict).toEqual(FLAWLESS);
    expect(letters.map(({ reason }) => reason)).toEqual(['attempts_exhausted', 'undecodable']);
    expect(letters.every((letter) => letter.good === 0)).toBe(true);
    expect(dead).toBe(GOOD - good.length);
    expect(worker!.output).not.toMatch(/store error/);
  }, 120_000);
});

/** The most that the process ever held in memory. */
async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1_024;
}
