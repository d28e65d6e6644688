import { Audit, AUTH_ENTITIES, AUTH_MIGRATIONS } from '@reflex/auth';
import { OperationDriver, OperationService } from '@reflex/dlq';
import { openPostgresStore } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { ReplayRehearser, TriggerRegistry, TriggerWorker, where } from '@reflex/triggers';
import { currentRun } from '@reflex/observability';
import { full, report } from './form';
import { WorkItem } from './work-events';

type Store = Awaited<ReturnType<typeof openPostgresStore>>;

const EVENTS = full ? 100_000 : 5_000;
const RATE = full ? 5_000 : 2_000;
const BY = { actor: 'tester', reason: null };

interface Desk {
  store: Store;
  driver: OperationDriver;
  operations: OperationService;
}

describe('replays', () => {
  let database: TestDatabase;
  const registry = new EventRegistry().register([WorkItem]);
  let desks: [Desk, Desk];
  let worker: TriggerWorker;
  let triggers: TriggerRegistry;
  /** How often each event was handled, by the number of the replay that delivered it. */
  let handled: Map<number, Map<string, number>>;

  beforeEach(async () => {
    database = await freshDatabase();
    handled = new Map();
    desks = [await openDesk(), await openDesk()];
    worker = await startWorker(desks[0].store);
    const events = Array.from({ length: EVENTS }, (_, n) => WorkItem.of({ n, act: 'effect', source: 'test' }));
    for (let at = 0; at < EVENTS; at += 500) await desks[0].store.publish(events.slice(at, at + 500));
    await eventually(() => expect(handled.get(0)?.size).toBe(EVENTS / 2), { timeoutMs: 240_000 });
    await eventually(async () => expect(await desks[0].store.stats()).toMatchObject({ pending: 0, processing: 0 }));
  }, 300_000);
  afterEach(async () => {
    await worker.stop();
    for (const { driver, store } of desks) {
      await driver.beforeApplicationShutdown();
      await store.close();
    }
    await database.drop();
  });

  it('36: change nothing in a dry run, and executed deliver each event once more and not too fast, over the end of their process; originals untouched', async () => {
    const [first, second] = desks;
    const range = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 60_000) };
    const before = await checksum(first.store);

    const dryRunAt = Date.now();
    const dryRun = await rehearser(second.store).dryRun({ ...range, rate: RATE, limit: 10 });
    const dryRunMs = Date.now() - dryRunAt;
    expect(dryRun).toMatchObject({ events: EVENTS, deliveries: { work: EVENTS }, fires: { work: EVENTS / 2 } });
    expect(dryRun.verdicts).toEqual({ work: { fires: EVENTS / 2, filtered: EVENTS / 2 } });
    expect(dryRun.items).toHaveLength(10);
    expect(externalCalls()).toBe(EVENTS / 2);

    const request = { ...range, triggers: ['work'], rate: RATE, stopOnFailure: false };
    const began = Date.now();
    const { id, total } = await first.operations.replay(request, BY);
    const progress = () => second.operations.get(id);
    await eventually(async () => expect((await progress()).done).toBeGreaterThan(EVENTS / 4), { timeoutMs: 60_000 });
    await first.driver.beforeApplicationShutdown();
    const takenOverAt = (await progress()).done;
    second.driver.onApplicationBootstrap();
    const ended = await eventually(
      async () => {
        const operation = await progress();
        expect(operation.status).toBe('done');
        return operation;
      },
      { timeoutMs: 240_000 },
    );

    const ms = Date.now() - began;
    report('36 replay', { events: EVENTS, rate: RATE, dryRunMs, takenOverAt, ms });
    expect(total).toBe(EVENTS);
    expect(takenOverAt).toBeLessThan(EVENTS);
    expect(ended).toMatchObject({ done: EVENTS, succeeded: EVENTS, failed: 0, skipped: 0 });
    expect(ms).toBeGreaterThanOrEqual((EVENTS / RATE) * 1_000 * 0.95);
    expect([...handled.keys()]).toEqual([0, 1]);
    for (const times of handled.values()) {
      expect(times.size).toBe(EVENTS / 2);
      expect([...times.values()].every((count) => count === 1)).toBe(true);
    }
    expect(await checksum(first.store)).toEqual(before);
  }, 600_000);

  async function openDesk(): Promise<Desk> {
    const options = { entities: AUTH_ENTITIES, migrations: AUTH_MIGRATIONS };
    const store = await openPostgresStore({ url: database.url, poolSize: 5, ...options });
    const driver = new OperationDriver(store);
    return { store, driver, operations: new OperationService(store, new Audit(store.dataSource), driver) };
  }

  async function startWorker(store: Store): Promise<TriggerWorker> {
    triggers = new TriggerRegistry(registry).add({
      name: 'work',
      on: WorkItem,
      filter: where(({ n }: WorkItem) => n % 2 === 0, 'even'),
      handle: async ({ event }) => {
        const replay = await currentRun()!.ledger!.replay();
        const times = handled.get(replay) ?? new Map<string, number>();
        handled.set(replay, times.set(event.id, (times.get(event.id) ?? 0) + 1));
      },
    });
    const started = new TriggerWorker({ store, events: registry, triggers });
    await started.start();
    return started;
  }

  function rehearser(store: Store): ReplayRehearser {
    return new ReplayRehearser(store, registry, triggers);
  }

  function externalCalls(): number {
    return [...handled.values()].flatMap((times) => [...times.values()]).reduce((sum, count) => sum + count, 0);
  }

  /** Of all that the log holds. */
  function checksum(store: Store): Promise<unknown> {
    return store.dataSource.query(`select md5(string_agg(md5(e::text), '' order by seq)) as sum from reflex.events e`);
  }
});
