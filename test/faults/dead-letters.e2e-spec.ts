import { Audit, AUTH_ENTITIES, AUTH_MIGRATIONS } from '@reflex/auth';
import { DeadLetterService, OperationDriver } from '@reflex/dlq';
import { openPostgresStore, type Operation } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { TriggerRegistry, TriggerWorker } from '@reflex/triggers';
import { full, report } from './form';
import { WorkItem } from './work-events';

type Store = Awaited<ReturnType<typeof openPostgresStore>>;

const LETTERS = full ? 10_000 : 2_000;
const RATE = full ? 2_000 : 1_000;
const BY = { actor: 'tester', reason: null };

/** A process with an API on it, as far as dead letters go. */
interface Desk {
  store: Store;
  letters: DeadLetterService;
  driver: OperationDriver;
}

describe('dead letters', () => {
  let database: TestDatabase;
  let desks: Desk[];
  let worker: TriggerWorker;
  let isBroken: boolean;
  let handled: Map<string, number>;

  beforeEach(async () => {
    database = await freshDatabase();
    isBroken = true;
    handled = new Map();
    desks = [await openDesk(), await openDesk()];
    worker = await startWorker(desks[0]!.store);
    const events = Array.from({ length: LETTERS }, (_, n) => WorkItem.of({ n, act: 'effect', source: 'test' }));
    for (let at = 0; at < LETTERS; at += 500) await desks[0]!.store.publish(events.slice(at, at + 500));
    await eventually(async () => expect(await letters()).toBe(LETTERS), { timeoutMs: 60_000 });
    isBroken = false;
    handled.clear();
  }, 90_000);
  afterEach(async () => {
    await worker.stop();
    for (const { driver, store } of desks) {
      await driver.beforeApplicationShutdown();
      await store.close();
    }
    await database.drop();
  });

  it('35: retried in bulk come back once each and not too fast, also when the process that began it ends', async () => {
    const [first, second] = desks as [Desk, Desk];
    const { id } = await first.letters.retryMany({ filter: {}, limit: null, rate: RATE, stopOnFailure: false }, BY);
    const began = Date.now();
    const samples = [await progress(second.store, id)];
    const sampled = async (): Promise<Operation> => {
      samples.push(await progress(second.store, id));
      return (await second.store.operations.find(id))!;
    };

    await eventually(async () => expect((await sampled()).done).toBeGreaterThan(LETTERS / 4), { timeoutMs: 30_000 });
    await first.driver.beforeApplicationShutdown();
    const left = (await sampled()).done;
    second.driver.onApplicationBootstrap();
    const ended = await eventually(
      async () => {
        const operation = await sampled();
        expect(operation.status).toBe('done');
        return operation;
      },
      { timeoutMs: 60_000 },
    );

    const fastest = Math.max(...samples.map((sample, index) => mostInASecond(sample, samples.slice(index))));
    report('35 bulk retry', { letters: LETTERS, rate: RATE, fastest, takenOverAt: left, ms: Date.now() - began });
    expect(left).toBeLessThan(LETTERS);
    expect(ended).toMatchObject({ total: LETTERS, done: LETTERS, succeeded: LETTERS, failed: 0, waiting: 0 });
    expect(fastest).toBeLessThanOrEqual(RATE * 1.2);
    expect(handled.size).toBe(LETTERS);
    expect([...handled.values()].every((times) => times === 1)).toBe(true);
    expect(await letters()).toBe(0);
  }, 120_000);

  it('35: asked for by two operations and by hand at once, each is won by one', async () => {
    const request = { filter: { trigger: 'work' }, limit: null, rate: 5_000, stopOnFailure: false };
    const { items } = await desks[0]!.store.deadLetters.list({ limit: 100 });

    const byHand = items.flatMap(({ id }) => desks.map((desk) => desk.letters.retry(id, BY).catch(() => null)));
    const begun = await Promise.all(desks.map((desk) => desk.letters.retryMany(request, BY)));
    const won = (await Promise.all(byHand)).filter((answer) => answer !== null).length;
    const operations = await eventually(
      async () => {
        const found = await Promise.all(begun.map(({ id }) => desks[0]!.store.operations.find(id)));
        expect(found.map((one) => one!.status)).toEqual(['done', 'done']);
        return found;
      },
      { timeoutMs: 60_000 },
    );

    const given = operations.map((one) => one!.done);
    report('35 contested retry', { letters: LETTERS, byHand: won, byFirst: given[0]!, bySecond: given[1]! });
    expect(won + given[0]! + given[1]!).toBe(LETTERS);
    expect(handled.size).toBe(LETTERS);
    expect([...handled.values()].every((times) => times === 1)).toBe(true);
    expect(await letters()).toBe(0);
  }, 120_000);

  async function openDesk(): Promise<Desk> {
    const options = { entities: AUTH_ENTITIES, migrations: AUTH_MIGRATIONS };
    const store = await openPostgresStore({ url: database.url, poolSize: 5, ...options });
    const driver = new OperationDriver(store);
    const service = new DeadLetterService(store, new Audit(store.dataSource), new EventRegistry(), driver);
    return { store, letters: service, driver };
  }

  async function startWorker(store: Store): Promise<TriggerWorker> {
    const events = new EventRegistry().register([WorkItem]);
    const triggers = new TriggerRegistry(events).add({
      name: 'work',
      on: WorkItem,
      maxAttempts: 1,
      handle: ({ event }) => {
        if (isBroken) throw new Error(`Item ${event.n} cannot be worked on.`);
        handled.set(event.id, (handled.get(event.id) ?? 0) + 1);
      },
    });
    const started = new TriggerWorker({ store, events, triggers });
    await started.start();
    return started;
  }

  async function letters(): Promise<number> {
    const [row] = await desks[0]!.store.dataSource.query<{ n: number }[]>(
      'select count(*)::int as n from reflex.dead_letters',
    );
    return row!.n;
  }
});

interface Progress {
  done: number;
  ms: number;
}

async function progress(store: Store, id: string): Promise<Progress> {
  const [row] = await store.dataSource.query<Progress[]>(
    'select done, extract(epoch from clock_timestamp())::float8 * 1000 as ms from reflex.operations where id = $1',
    [id],
  );
  return row!;
}

function mostInASecond(from: Progress, later: Progress[]): number {
  return Math.max(...later.filter(({ ms }) => ms - from.ms <= 1_000).map(({ done }) => done - from.done));
}
