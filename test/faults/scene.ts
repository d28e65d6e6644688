import assert from 'node:assert/strict';
import { openPostgresStore, type PostgresEventStore } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { TriggerRegistry } from '@reflex/triggers';
import { eventually, freshDatabase, startProcess, type TestDatabase, type TestProcess } from '@reflex/test';
import type { FaultyTrigger, WorkerSetting } from './fixtures/worker-setting';
import { full } from './form';
import { Oracle } from './oracle';
import { type AnyWork, WORK_EVENTS, WorkItem } from './work-events';

/** The short form has a short lease, with the same ratios. */
export const LEASE_MS = full ? 20_000 : 4_000;

export const PLAIN: FaultyTrigger = { name: 'plain', on: 'work.item' };
/** So many events of one act. */
export function items(count: number, act: AnyWork['act'], ms?: number): WorkItem[] {
  return Array.from({ length: count }, (_, n) => WorkItem.of({ n, act, ms, source: 'test' }));
}

/** Of ascending numbers. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export const LANED: FaultyTrigger = { name: 'laned', on: 'work.laned', scope: 'lane' };

type Setting = Partial<Omit<WorkerSetting, 'store' | 'timing'>> & {
  store?: Partial<WorkerSetting['store']>;
  timing?: Partial<WorkerSetting['timing']>;
  nodeArgs?: string[];
};

/** A database with an oracle, a publisher in this process, and workers in processes of their own. */
export class Scene {
  readonly workers: TestProcess[] = [];
  private readonly published: string[] = [];

  private constructor(
    private readonly database: TestDatabase,
    readonly oracle: Oracle,
    readonly store: PostgresEventStore & { close(): Promise<void> },
  ) {}

  static async open(database?: TestDatabase): Promise<Scene> {
    const own = database ?? (await freshDatabase());
    const oracle = await Oracle.on(own.url);
    await oracle.createTables();
    const store = await openPostgresStore({ url: own.url, poolSize: 4, leaseMs: LEASE_MS });
    return new Scene(own, oracle, store);
  }

  get url(): string {
    return this.database.url;
  }

  /** Ids of all that was published. */
  get ids(): string[] {
    return this.published;
  }

  /** Starts so many workers; resolves when all of them claim. */
  async start(count: number, setting: Setting = {}): Promise<TestProcess[]> {
    const started = Array.from({ length: count }, () => this.fork(setting));
    await Promise.all(started.map((each) => each.line(/^ready/, { timeoutMs: 60_000 })));
    return started;
  }

  /** Starts one worker and does not wait for it. */
  fork({ nodeArgs, ...setting }: Setting): TestProcess {
    const url = setting.url ?? this.url;
    const complete: WorkerSetting = {
      failureRate: 0,
      tellStarts: false,
      triggers: [PLAIN],
      ...setting,
      url,
      store: { url, poolSize: 6, leaseMs: LEASE_MS, ...setting.store },
      worker: { concurrency: 64, ...setting.worker },
      timing: { maxAttempts: 3, baseMs: 50, maxMs: 500, timeoutMs: 120_000, ...setting.timing },
    };
    const child = startProcess('test/faults/fixtures/worker.ts', {
      env: { FAULTY_WORKER: JSON.stringify(complete) },
      nodeArgs,
    });
    this.workers.push(child);
    void child.ended.then(() => this.oracle.died(child.pid).catch(() => undefined));
    return child;
  }

  /** Makes triggers known before any worker runs. */
  async register(triggers: FaultyTrigger[]): Promise<void> {
    const registry = new TriggerRegistry(new EventRegistry().register(WORK_EVENTS));
    for (const { failures: _, ...trigger } of triggers) registry.add({ ...trigger, handle: () => undefined });
    await this.store.registerTriggers(registry.all().map(({ definition }) => definition));
  }

  /** Publishes in batches; resolves when all is stored. */
  async publish(events: AnyWork[]): Promise<void> {
    for (let start = 0; start < events.length; start += 500) {
      const stored = await this.store.publish(events.slice(start, start + 500));
      for (const { id } of stored) this.published.push(id);
    }
  }

  /** Resolves once so many effects are there. */
  async effects(count: number, timeoutMs: number): Promise<void> {
    await eventually(async () => assert.ok((await this.oracle.effects()) >= count), { timeoutMs });
  }

  /** How many deliveries the process holds. */
  async heldBy({ pid }: TestProcess): Promise<number> {
    const { held } = await this.oracle.one<{ held: number }>(
      `select count(*)::int as held
         from reflex.deliveries d join reflex.workers w on w.id = d.worker_id where w.pid = $1`,
      [pid],
    );
    return held;
  }

  async count(from: string): Promise<number> {
    return (await this.oracle.one<{ count: number }>(`select count(*)::int as count from ${from}`)).count;
  }

  /** From receipt to the start of the handler, in milliseconds, by the database's clock; of the quickest first. */
  async latencies(where = 'true'): Promise<number[]> {
    const rows = await this.oracle.rows<{ ms: number }>(
      `select extract(epoch from s.at - e.received_at)::float8 * 1000 as ms
         from oracle.starts s join reflex.events e on e.id = s.event_id
        where ${where} order by 1`,
    );
    return rows.map(({ ms }) => ms);
  }

  /** Resolves once no delivery lives. */
  async empty(timeoutMs: number): Promise<void> {
    await eventually(async () => assert.equal(await this.live(), 0, 'deliveries live'), {
      timeoutMs,
    });
  }

  /** How many deliveries live, in any state. */
  live(): Promise<number> {
    return this.count('reflex.deliveries');
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.kill('SIGKILL')));
    await this.store.close();
    await this.oracle.close();
    await this.database.drop();
  }
}
