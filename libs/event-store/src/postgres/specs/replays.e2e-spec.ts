import type { Delivery } from '../../delivery';
import type { ReplayRequest } from '../../operation';
import { count, settlement, type Stores, storesUnderTest, ticket, trigger, worker } from './store-under-test';
import { numbers, type OpenStore, type WorkerUnderTest } from './store-under-test';

const CHECKSUM = `select md5(string_agg(e::text, '' order by seq)) as sum from reflex.events e`;

describe('a replay', () => {
  let stores: Stores;
  let range: { from: Date; to: Date };
  beforeAll(async () => (stores = await storesUnderTest()));
  beforeEach(() => (range = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 60_000) }));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  const request = (rest: Partial<ReplayRequest>): ReplayRequest => {
    return { ...range, triggers: ['a'], rate: 5_000, stopOnFailure: false, ...rest };
  };

  /** Takes steps, without waiting for their time, until it has ended or the limit is reached; answers what was handed out. */
  async function take({ store, claim }: WorkerUnderTest, id: string, steps = 100): Promise<Delivery[]> {
    const taken: Delivery[] = [];
    for (let step = 0; step < steps; step += 1) {
      await store.dataSource.query('update reflex.operations set next_at = now()');
      if ((await store.operations.advance(id)).nextInMs === null) return taken;
      for (let runs = await claim(500); runs.length > 0; runs = await claim(500)) {
        taken.push(...runs.flat());
        await Promise.all(runs.flat().map((delivery) => store.settle(settlement(delivery))));
      }
    }
    return taken;
  }

  async function worked(under: WorkerUnderTest, events: number): Promise<void> {
    await under.store.publish(Array.from({ length: events }, (_, index) => ticket(index)));
    for (let runs = await under.claim(500); runs.length > 0; runs = await under.claim(500)) {
      await Promise.all(runs.flat().map((delivery) => under.store.settle(settlement(delivery))));
    }
  }

  it('is forecast by trigger, and delivers again in order to the named trigger alone, originals untouched', async () => {
    const under = await worker(stores, [trigger('a'), trigger('b', { scope: ['customer'] })]);
    const { store } = under;
    await worked(under, 600);
    const before = await store.dataSource.query(CHECKSUM);

    const forecast = await store.operations.forecastReplay(range);
    expect(await count(store, 'reflex.deliveries')).toBe(0);
    const { id } = await store.operations.beginReplay(request({ triggers: ['b'] }), 'tester');
    const taken = await take(under, id);

    expect(forecast).toEqual({ events: 600, deliveries: { a: 600, b: 600 } });
    expect(taken.map(({ trigger: name }) => name)).toEqual(Array.from({ length: 600 }, () => 'b'));
    expect(numbers([taken])[0]).toEqual(Array.from({ length: 600 }, (_, index) => index));
    expect(await store.operations.find(id)).toMatchObject({
      kind: 'events.replay',
      status: 'done',
      actor: 'tester',
      request: { ...request({ triggers: ['b'] }) },
      total: 600,
      done: 600,
      skipped: 0,
      succeeded: 600,
      failed: 0,
      endedAt: expect.any(Date),
    });
    expect(await store.dataSource.query(CHECKSUM)).toEqual(before);
  });

  it('makes deliveries with effects of their own, also after a dead letter and its retry', async () => {
    const { store, claimOne } = await worker(stores, [trigger('a')]);
    await store.publish(ticket(1));
    const first = await claimOne();
    const replayOfFirst = await store.effects.load(first);
    await store.settle(settlement(first));
    const { id } = await store.operations.beginReplay(request({}), 'tester');
    await store.operations.advance(id);
    const second = await claimOne();
    const replayOfSecond = await store.effects.load(second);
    await store.settle(settlement(second, 'dead_letter'));
    await store.deadLetters.retry(second.event!.id);

    const retried = await claimOne();
    expect(second).toMatchObject({ eventSeq: first.eventSeq, event: first.event });
    expect(retried).toMatchObject({ attempt: 1 });
    const ledgers = [replayOfFirst, replayOfSecond, await store.effects.load(retried)];
    expect(ledgers.map(({ replay }) => replay)).toEqual([0, 1, 1]);
  });

  it('gives no more than its rate, several triggers of one event included, and goes on where it was', async () => {
    const under = await worker(stores, [trigger('a'), trigger('b')]);
    await worked(under, 5);
    const { operations } = under.store;
    const { id } = await operations.beginReplay(request({ triggers: ['a', 'b'], rate: 30 }), 'tester');

    const given = await take(under, id, 1);
    const { nextInMs } = await (async () => {
      await under.store.dataSource.query('update reflex.operations set next_at = now()');
      return operations.advance(id);
    })();
    const early = await operations.advance(id);

    expect(given.map(({ trigger: name, event }) => `${name}${String(event!.payload['number'])}`).sort()).toEqual([
      'a0',
      'a1',
      'b0',
    ]);
    expect(nextInMs).toBeCloseTo(100);
    expect(early.nextInMs).toBeGreaterThan(0);
    expect(await operations.find(id)).toMatchObject({ total: 10, done: 6 });
    expect((await take(under, id)).length).toBe(7);
    expect(await operations.find(id)).toMatchObject({ status: 'done', done: 10, succeeded: 10 });
  });

  it('leaves alone what is live, and ticks of contexts', async () => {
    const under = await worker(stores, [trigger('a', { types: ['*'] })]);
    await worked(under, 2);
    await under.store.publish(ticket(2));
    await under.store.dataSource.query(
      `insert into reflex.events (id, type, source, "timestamp", trace_id, correlation_id, payload)
       values ('tick', 'timer.tick', 'timer:context', now(), '', 'tick', '{}')`,
    );
    const live = await under.claimOne();

    const forecast = await under.store.operations.forecastReplay(range);
    const { id } = await under.store.operations.beginReplay(request({}), 'tester');
    const taken = await take(under, id);
    await under.store.settle(settlement(live));

    expect(forecast).toEqual({ events: 3, deliveries: { a: 2 } });
    expect(numbers([taken])).toEqual([[0, 1]]);
    expect(await under.store.operations.find(id)).toMatchObject({ status: 'done', total: 2, done: 2, skipped: 1 });
  });

  it('begins with one and stops at the first that gives up', async () => {
    const under = await worker(stores, [trigger('a')]);
    await worked(under, 20);
    const { store, claim } = under;
    const { id } = await store.operations.beginReplay(request({ stopOnFailure: true }), 'tester');

    const given: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      for (let step = 0; step < 3; step += 1) {
        await store.dataSource.query('update reflex.operations set next_at = now()');
        await store.operations.advance(id);
      }
      const deliveries = (await claim()).flat();
      given.push(deliveries.length);
      for (const delivery of deliveries)
        await store.settle(settlement(delivery, round === 2 ? 'dead_letter' : undefined));
    }
    await take(under, id, 2);

    expect(given).toEqual([1, 1, 2]);
    expect(await store.operations.find(id)).toMatchObject({
      status: 'stopped',
      done: 4,
      succeeded: 2,
      failed: 2,
      reason: 'A delivery gave up; the rest was left alone.',
    });
  });

  it('can be stopped, and is gone on with by another process', async () => {
    const under = await worker(stores, [trigger('a')]);
    await worked(under, 50);
    const { id } = await under.store.operations.beginReplay(request({ rate: 100 }), 'tester');
    await take(under, id, 1);
    const other: OpenStore = await stores.store();

    await under.store.dataSource.query(`update reflex.operations set next_at = now() - interval '5 s'`);
    expect(await other.operations.abandoned()).toEqual([id]);
    await other.operations.advance(id);
    const stopped = await other.operations.stop(id, 'key:op/abc');

    expect(stopped).toMatchObject({ status: 'stopped', done: 20, reason: 'Stopped by key:op/abc.' });
    expect(await other.operations.advance(id)).toEqual({ nextInMs: null });
  });
});
