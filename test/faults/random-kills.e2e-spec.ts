import { setTimeout as delay } from 'node:timers/promises';
import { full, report } from './form';
import { FLAWLESS } from './oracle';
import { startOutside, type Outside } from './outside';
import { LEASE_MS, Scene } from './scene';
import { WorkItem } from './work-events';

const EVENTS = full ? 50_000 : 1_500;
const SECONDS = full ? 300 : 16;
const KILL_EVERY_MS = 2_000;
const WORKERS = 4;
/** So few at once that no worker can hold all that is in work: most kills hit something. Longer work would die three times. */
const AT_ONCE = full ? 5 : 3;
const WORK_MS = 100;
/** One in so many acts outside, by a keyed tool of an agent. */
const KEYED = 10;

describe('workers that are killed all the time', () => {
  let scene: Scene;
  let outside: Outside;
  beforeEach(async () => {
    [scene, outside] = [await Scene.open(), await startOutside(100)];
  });
  afterEach(async () => {
    await scene.close();
    await outside.stop();
  });

  it(
    `2: kill -9 of one of ${WORKERS} every ${KILL_EVERY_MS / 1_000} s for ${SECONDS} s, ${EVENTS} events: none lost, each effect once, here and outside`,
    async () => {
      const setting = { effectUrl: outside.url, worker: { concurrency: AT_ONCE } };
      const workers = await scene.start(WORKERS, setting);
      const until = Date.now() + SECONDS * 1_000;
      const pace = EVENTS / (SECONDS * 0.9);

      let published = 0;
      let kills = 0;
      const killing = (async () => {
        while (Date.now() < until) {
          await delay(KILL_EVERY_MS);
          const index = Math.floor(Math.random() * WORKERS);
          await workers[index]!.kill('SIGKILL');
          workers[index] = scene.fork(setting);
          kills += 1;
        }
      })();
      const began = Date.now();
      while (published < EVENTS) {
        const due = Math.min(EVENTS, Math.ceil(((Date.now() - began) / 1_000) * pace));
        const batch = Array.from({ length: due - published }, (_, index) => published + index);
        await scene.publish(
          batch.map((n) =>
            WorkItem.of({ n, act: n % KEYED === 0 ? 'keyed' : 'slow', ms: Math.random() * WORK_MS, source: 'test' }),
          ),
        );
        published = due;
        await delay(20);
      }
      await killing;
      await scene.empty(LEASE_MS * 3 + 60_000);

      const verdict = await scene.oracle.judge(scene.ids);
      const effects = await scene.oracle.effects();
      const keyed = Math.ceil(EVENTS / KEYED);
      const twice = [...outside.done.values()].filter((keys) => keys.size > 1).length;
      const starts = await scene.count('oracle.starts');
      report('2 random kills', {
        events: EVENTS,
        kills,
        starts,
        effects,
        keyed,
        calls: outside.calls,
        twice,
        ...verdict,
      });
      expect(kills).toBeGreaterThan(SECONDS / 4);
      expect(starts).toBeGreaterThan(EVENTS);
      expect(await scene.count('reflex.dead_letters')).toBe(0);
      expect(verdict).toEqual(FLAWLESS);
      expect(effects).toBe(EVENTS);
      expect(outside.done.size).toBe(keyed);
      expect(twice).toBe(0);
    },
    (SECONDS + 240) * 1_000,
  );
});
