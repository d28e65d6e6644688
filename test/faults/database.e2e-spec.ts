import { StoreUnavailable } from '@reflex/event-store';
import { eventually, postgresCluster, type PostgresCluster, type TestProcess } from '@reflex/test';
import { setTimeout as delay } from 'node:timers/promises';
import { report } from './form';
import { FLAWLESS } from './oracle';
import { Scene } from './scene';
import { WorkItem } from './work-events';

const PUBLISHERS = 10;
/** The handlers' own statements fail as well: that must not use up their attempts. */
const PATIENT = { timing: { maxAttempts: 1_000 } };

/** Publishes one event after the other from each of ten callers, about 1,000 a second, and keeps what was acknowledged. */
class Load {
  readonly acknowledged: string[] = [];
  readonly refusals: unknown[] = [];
  slowestMs = 0;
  private stopped = false;
  private readonly loops: Promise<void>[];

  constructor(private readonly scene: Scene) {
    this.loops = Array.from({ length: PUBLISHERS }, () => this.publish());
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.loops);
  }

  private async publish(): Promise<void> {
    for (let n = 0; !this.stopped; n += 1) {
      const sentAt = performance.now();
      try {
        const [stored] = await this.scene.store.publish(WorkItem.of({ n, act: 'effect', source: 'load' }));
        this.acknowledged.push(stored!.id);
      } catch (error) {
        this.refusals.push(error);
      }
      this.slowestMs = Math.max(this.slowestMs, performance.now() - sentAt);
      await delay(10);
    }
  }
}

describe('the database', () => {
  let cluster: PostgresCluster;
  let scene: Scene;
  beforeAll(async () => (cluster = await postgresCluster({ durable: true })), 60_000);
  beforeEach(async () => (scene = await Scene.open(await cluster.freshDatabase())));
  afterEach(() => scene.close());
  afterAll(() => cluster.stop());

  const firstEffect = async (since: number) => {
    await eventually(
      async () => {
        const { count } = await scene.oracle.one<{ count: number }>(
          `select count(*)::int as count from oracle.effects where at > to_timestamp($1 / 1000.0)`,
          [since],
        );
        expect(count).toBeGreaterThan(0);
      },
      { timeoutMs: 30_000 },
    );
    return Date.now() - since;
  };

  async function settleDown(load: Load, workers: TestProcess[]) {
    await load.stop();
    await scene.empty(60_000);
    for (const worker of workers) expect(worker.output).not.toMatch(/unhandled|UnhandledPromise/i);
    const { present } = await scene.oracle.one<{ present: number }>(
      'select count(distinct id)::int as present from reflex.events where id = any ($1)',
      [load.acknowledged],
    );
    return { missing: load.acknowledged.length - present, ...(await scene.oracle.judge(load.acknowledged)) };
  }

  it('9: restarts with -m immediate under load: what was acknowledged is there, workers go on within 10 s', async () => {
    const workers = await scene.start(2, PATIENT);
    const ends: unknown[] = [];
    for (const worker of workers) void worker.ended.then((end) => ends.push(end));
    const load = new Load(scene);
    await scene.effects(300, 30_000);

    await cluster.restart('immediate');
    const upAt = Date.now();
    await scene.oracle.reconnect();
    const resumedMs = await firstEffect(upAt);
    await eventually(() => expect(load.acknowledged.length).toBeGreaterThan(1_000), { timeoutMs: 30_000 });

    const { missing, ...verdict } = await settleDown(load, workers);
    const acknowledged = load.acknowledged.length;
    const { refusals, slowestMs } = load;
    report('9 restart immediate', {
      acknowledged,
      refused: refusals.length,
      slowestMs,
      resumedMs,
      missing,
      ...verdict,
    });
    expect(missing).toBe(0);
    expect(verdict).toEqual(FLAWLESS);
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.filter((error) => !(error instanceof StoreUnavailable))).toEqual([]);
    expect(slowestMs).toBeLessThan(10_000);
    expect(resumedMs).toBeLessThan(10_000);
    expect(ends).toEqual([]);
  }, 120_000);

  it('10: ends all connections 10 times: workers and publishers recover, nothing unhandled', async () => {
    const workers = await scene.start(2, PATIENT);
    const ends: unknown[] = [];
    for (const worker of workers) void worker.ended.then((end) => ends.push(end));
    const load = new Load(scene);
    await scene.effects(100, 30_000);
    let recoveredMs = 0;
    const outputs = () => workers.map(({ output }) => output).join('\n');
    for (let round = 0; round < 10; round += 1) {
      await scene.oracle.one(
        `select count(pg_terminate_backend(pid)) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`,
      );
      recoveredMs = Math.max(recoveredMs, await firstEffect(Date.now()));
      if (ends.length > 0) throw new Error(`A worker ended in round ${round + 1}:\n${outputs()}`);
    }

    const { missing, ...verdict } = await settleDown(load, workers);
    const pools = await scene.oracle.one<{ largest: number }>(
      `select max(count)::int as largest
         from (select count(*) from pg_stat_activity where application_name = 'reflex:api' and datname = current_database()) c`,
    );
    const { refusals, slowestMs } = load;
    const acknowledged = load.acknowledged.length;
    const figures = { acknowledged, refused: refusals.length, slowestMs, recoveredMs, pooled: pools.largest, missing };
    report('10 connections ended', { ...figures, ...verdict });
    expect(missing).toBe(0);
    expect(verdict).toEqual(FLAWLESS);
    expect(refusals.filter((error) => !(error instanceof StoreUnavailable))).toEqual([]);
    // Two workers with six connections each, and four of the publisher.
    expect(pools.largest).toBeLessThanOrEqual(16);
    expect(recoveredMs).toBeLessThan(10_000);
    expect(ends).toEqual([]);
  }, 180_000);
});
