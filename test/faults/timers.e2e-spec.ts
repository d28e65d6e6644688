import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TimerTable } from '@reflex/timers';
import { eventually, startProcess, type TestProcess } from '@reflex/test';
import { full, report } from './form';
import { Scene } from './scene';

const TICKS = full ? 600 : 20;
const REPLICAS = full ? 5 : 3;
const SKEW_MS = 5_000;
const MEDDLE_EVERY_MS = full ? 10_000 : 4_000;

describe('timers over replicas', () => {
  let scene: Scene;
  const replicas: TestProcess[] = [];
  beforeEach(async () => (scene = await Scene.open()));
  afterEach(async () => {
    await Promise.all(replicas.splice(0).map((replica) => replica.kill('SIGKILL')));
    await scene.close();
  });

  /** Every second one's clock is ahead, the others' behind. */
  const fork = (index: number): TestProcess =>
    startProcess('apps/api/src/main.ts', {
      env: {
        DATABASE_URL: scene.url,
        ROLE: 'worker',
        API_PORT: '0',
        LOG_LEVEL: 'warn',
        DATABASE_POOL_SIZE: '3',
        CLOCK_SKEW_MS: String(index % 2 === 0 ? SKEW_MS : -SKEW_MS),
      },
      nodeArgs: ['-r', join(__dirname, 'fixtures', 'skewed-clock.cjs')],
    });

  it(
    `32: a timer of 1 s makes ${TICKS} ticks in as many seconds, each once, while ${REPLICAS} replicas with wrong clocks die and rest`,
    async () => {
      for (let n = 0; n < REPLICAS; n += 1) replicas.push(fork(n));
      await Promise.all(replicas.map((replica) => replica.line(/Listening|Working/, { timeoutMs: 90_000 })));
      const pulse = { name: 'pulse', cron: null, everyMs: 1_000, tz: 'UTC', missed: 'catchUp' } as const;
      await new TimerTable(scene.store.dataSource).create(pulse);
      const due = (): Promise<{ due: number }> =>
        scene.oracle.one(
          `select extract(epoch from now() - created_at)::float8 as due from reflex.timers where name = 'pulse'`,
        );

      let kills = 0;
      let rests = 0;
      for (let turn = 0; (await due()).due < TICKS - 2; turn += 1) {
        await delay(MEDDLE_EVERY_MS / 2);
        const index = turn % REPLICAS;
        if (turn % 2 === 0) {
          await replicas[index]!.kill('SIGKILL');
          replicas[index] = fork(index);
          kills += 1;
        } else {
          replicas[index]!.stop();
          await delay(MEDDLE_EVERY_MS / 2);
          replicas[index]!.cont();
          rests += 1;
        }
      }
      await eventually(async () => expect((await due()).due).toBeGreaterThan(TICKS), { timeoutMs: 30_000 });
      const made = await eventually(
        async () => {
          const ticks = await ticksOf(scene, TICKS);
          expect(ticks).toHaveLength(TICKS);
          return ticks;
        },
        { timeoutMs: 20_000 },
      );

      const steps = made.slice(1).map((tick, index) => tick.at - made[index]!.at);
      const late = made.map(({ lateMs }) => lateMs).toSorted((a, b) => a - b);
      report('32 timer', {
        ticks: made.length,
        kills,
        rests,
        skewMs: SKEW_MS,
        lateP50: late[TICKS / 2]!,
        latest: late.at(-1)!,
      });
      expect(new Set(made.map(({ at }) => at)).size).toBe(TICKS);
      expect(steps.filter((step) => step !== 1_000)).toEqual([]);
      // By the database's clock, however wrong those of the replicas are.
      expect(late[0]).toBeGreaterThanOrEqual(0);
    },
    (TICKS + 240) * 1_000,
  );
});

/** The first so many ticks in the log: when they were due, and how much later they were made. */
async function ticksOf({ oracle }: Scene, count: number): Promise<{ at: number; lateMs: number }[]> {
  return oracle.rows(
    `select at, extract(epoch from received_at)::float8 * 1000 - at as "lateMs"
       from (select received_at, (extract(epoch from (payload ->> 'scheduled_at')::timestamptz) * 1000)::float8 as at
               from reflex.events where source = 'timer:pulse') t
      order by at limit $1`,
    [count],
  );
}
