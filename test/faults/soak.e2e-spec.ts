import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestProcess } from '@reflex/test';
import { full, report } from './form';
import { FLAWLESS } from './oracle';
import { items, Scene } from './scene';
import { WorkItem } from './work-events';

/** `SOAK_MINUTES=10` for a shorter one. */
const MINUTES = full ? Number(process.env['SOAK_MINUTES'] ?? 60) : 1;
/** The heap finds its size meanwhile. */
const WARM_UP = full ? 0.2 : 0.4;
const SHARE = 0.6;

interface Sample {
  minute: number;
  mib: number;
  files: number;
  sessions: number;
}

describe('a soak', () => {
  let scene: Scene;
  beforeEach(async () => (scene = await Scene.open()));
  afterEach(() => scene.close());

  it(
    `24: ${MINUTES} min at ${SHARE * 100} % of the most: memory, dead rows, files and connections do not grow`,
    async () => {
      const [worker] = await scene.start(1, { nodeArgs: ['--max-semi-space-size=16', '--max-old-space-size=384'] });
      const most = await throughput(full ? 20_000 : 5_000);
      const pace = most * SHARE;

      const samples: Sample[] = [];
      const began = performance.now();
      const minute = () => (performance.now() - began) / 60_000;
      let sampled = 0;
      let published = 0;
      const sent: Promise<void>[] = [];
      while (minute() < MINUTES) {
        const due = Math.floor(minute() * 60 * pace) - published;
        published += due;
        if (due > 0) sent.push(scene.publish(Array.from({ length: due }, () => event())));
        if (performance.now() - sampled > 1_000) {
          await Promise.all(sent.splice(0));
          samples.push({ minute: minute(), ...(await sample(worker!)) });
          sampled = performance.now();
        }
        await delay(20);
      }
      await Promise.all(sent);
      await scene.empty(60_000);

      const warm = samples.filter((each) => each.minute > MINUTES * WARM_UP);
      const { live, dead } = await scene.oracle.one<{ live: number; dead: number }>(
        `select sum(n_live_tup)::float8 as live, sum(n_dead_tup)::float8 as dead
           from pg_stat_user_tables where schemaname = 'reflex'`,
      );
      const [first, last] = [warm[0]!, warm.at(-1)!];
      const mibPerMinute = slope(warm.map((each) => [each.minute, each.mib]));
      const verdict = await scene.oracle.judge(effectful);
      report('24 soak', {
        minutes: MINUTES,
        most,
        pace,
        published,
        mibPerMinute,
        mib: last.mib,
        deadPerLive: dead / live,
      });
      expect(verdict).toEqual(FLAWLESS);
      // A minute is too short for the heap: then it tells of a leak of a kilobyte per event only.
      expect(mibPerMinute).toBeLessThan(full ? 1 : Math.max(1, (pace * 60) / 1_024));
      expect(dead / live).toBeLessThan(2);
      expect(last.files).toBeLessThanOrEqual(first.files + 2);
      expect(last.sessions).toBeLessThanOrEqual(first.sessions + 1);
    },
    (MINUTES + 4) * 60_000,
  );

  const effectful: string[] = [];
  let n = 0;
  function event(): WorkItem {
    n += 1;
    // One in a hundred leaves a trace for the oracle; more would measure the oracle.
    if (n % 100 > 0) return WorkItem.of({ n, act: 'nothing', source: 'test' });
    effectful.push(`soak-${n}`);
    return WorkItem.of({ id: `soak-${n}`, n, act: 'effect', source: 'test' });
  }

  /** Events per second that one process takes in and another works off. */
  async function throughput(count: number): Promise<number> {
    const startedAt = performance.now();
    await scene.publish(items(count, 'nothing'));
    await scene.empty(60_000);
    return (count / (performance.now() - startedAt)) * 1_000;
  }

  async function sample({ pid }: TestProcess): Promise<Omit<Sample, 'minute'>> {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const sessions = await scene.count(`pg_stat_activity where datname = current_database()`);
    const mib = Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1_024;
    return { mib, files: (await readdir(`/proc/${pid}/fd`)).length, sessions };
  }
});

/** Of the straight line through the points, by least squares. */
function slope(points: [x: number, y: number][]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const square = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / square;
}
