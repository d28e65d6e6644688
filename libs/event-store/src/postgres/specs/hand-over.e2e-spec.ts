import { eventually } from '@reflex/test';
import type { Claim, SlotRequest } from '../../event-store';
import type { Delivery } from '../../delivery';
import { StoreUnavailable } from '../../errors';
import { poolOf } from '../data-source';
import { PUBLISH } from '../queries';
import {
  count,
  numbers,
  settlement,
  storesUnderTest,
  ticket,
  trigger,
  worker,
  type OpenStore,
} from './store-under-test';

describe('Handing deliveries over to a worker of the publishing process', () => {
  let stores: Awaited<ReturnType<typeof storesUnderTest>>;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  /** Offers the slots at each publish, and keeps what comes. */
  function taker(store: OpenStore, wanted: SlotRequest[]) {
    const claims: Claim[] = [];
    store.handOverTo(() => ({ wanted, take: (claim) => claims.push(claim) }));
    return {
      claims,
      runs: (): Delivery[][] => claims.flatMap(({ runs }) => runs),
      /** Once so many offers were answered. */
      answered: (offers: number) => eventually(() => expect(claims).toHaveLength(offers)),
    };
  }

  it('gives what was offered room, and leaves the rest to be claimed', async () => {
    const { store, triggers, claim } = await worker(stores, [trigger('t')]);
    const { runs, answered } = taker(store, [{ triggerId: triggers[0]!.id, slots: 2 }]);

    await store.publish([ticket(1), ticket(2), ticket(3)]);
    await answered(1);

    const given = runs();
    expect(given).toHaveLength(2);
    const rest = await claim();
    expect(new Set([...numbers(given), ...numbers(rest)].flat())).toEqual(new Set([1, 2, 3]));
    for (const delivery of [...given, ...rest].flat()) await store.settle(settlement(delivery));
    expect(await count(store, 'reflex.deliveries')).toBe(0);
    expect((await store.searchRuns({})).items).toHaveLength(3);
  });

  it('gives deliveries that are the same as claimed ones', async () => {
    const { store, triggers, claimOne } = await worker(stores, [trigger('given'), trigger('claimed')]);
    const { runs, answered } = taker(store, [{ triggerId: triggers[0]!.id, slots: 1 }]);
    const event = Object.assign(ticket(1), { when: new Date(0), missing: undefined, deep: { list: [1, 'ü'] } });

    await store.publish(event);
    await answered(1);

    const { event: claimed, ...rest } = await claimOne();
    const [given] = runs()[0]!;
    expect(given).toEqual({
      ...rest,
      event: claimed,
      trigger: 'given',
      triggerId: triggers[0]!.id,
      leaseToken: given!.leaseToken,
    });
  });

  it('gives the first of an empty scope in order, up to the longest run, and nothing of a scope in work', async () => {
    const scoped = trigger('t', { scope: ['customer'] });
    const { store, triggers, claim } = await worker(stores, [scoped], { runLength: 2 });
    const { claims, runs, answered } = taker(store, [{ triggerId: triggers[0]!.id, slots: 1 }]);

    await store.publish([ticket(1, 'ann'), ticket(2, 'ann'), ticket(3, 'ann'), ticket(4, 'bob')]);
    await answered(1);
    await store.publish(ticket(5, 'ann'));
    await answered(2);

    expect(numbers(runs())).toEqual([[1, 2]]);
    expect(claims[1]!.runs).toEqual([]);
    expect(numbers(await claim())).toEqual([[4]]);
    for (const delivery of runs().flat()) await store.settle(settlement(delivery));
    expect(numbers(await claim())).toEqual([[3, 5]]);
  });

  it('brings the context of a stateful trigger along', async () => {
    const stateful = trigger('t', { scope: ['customer'], stateful: true });
    const { store, triggers } = await worker(stores, [stateful]);
    const { runs, answered } = taker(store, [{ triggerId: triggers[0]!.id, slots: 1 }]);
    await store.publish(ticket(1));
    await answered(1);
    const context = { append: true, scratch: { seen: 1 }, filters: {}, wakeInMs: null };
    await store.settle(settlement(runs()[0]![0]!, 'accumulated', { context }));

    await store.publish(ticket(2));
    await answered(2);

    const [second] = runs()[1]!;
    expect(second!.context).toMatchObject({ scratch: { seen: 1 }, events: [{ payload: { number: 1 } }] });
  });

  it('gives nothing for a paused trigger, for a later time, in a transaction of the caller, or without a lease', async () => {
    const { store, triggers } = await worker(stores, [trigger('t')]);
    const lease = await store.openLease();
    const { runs, answered } = taker(store, [{ triggerId: triggers[0]!.id, slots: 9 }]);

    await store.setPaused('t', true);
    await store.publish(ticket(1));
    await store.setPaused('t', false);
    await store.publish(ticket(2), { delayMs: 3_600_000 });
    await store.dataSource.transaction((transaction) => store.publish(ticket(3), { transaction }));
    await store.dataSource.query('delete from reflex.workers');
    await store.publish(ticket(4));
    await answered(3);

    expect(runs()).toEqual([]);
    expect(await count(store, `reflex.deliveries where status = 'pending'`)).toBe(3);
    await lease.close();
  });

  it('gives the deliveries of a process that died to others', async () => {
    const dead = await worker(stores, [trigger('t')]);
    const { answered } = taker(dead.store, [{ triggerId: dead.triggers[0]!.id, slots: 1 }]);
    await dead.store.publish(ticket(1));
    await answered(1);
    await dead.store.dataSource.query('delete from reflex.workers');

    const other = await worker(stores, [trigger('t')]);

    const taken = await eventually(() => other.claimOne());
    expect(taken.event!.payload['number']).toBe(1);
  });

  it('gives back what a publish gave whose answer was lost, and offers nothing until then', async () => {
    const { store, triggers, claim } = await worker(stores, [trigger('t')]);
    const { claims, answered } = taker(store, [{ triggerId: triggers[0]!.id, slots: 9 }]);
    const pool = poolOf(store.dataSource);
    const { query } = pool;
    const loseAnswer = async (...args: unknown[]): Promise<unknown> => {
      const answer = await (query as (...all: unknown[]) => Promise<unknown>).apply(pool, args);
      // Sweeps use the pool as well.
      if (args[0] !== PUBLISH) return answer;
      pool.query = query;
      throw new Error('Connection terminated unexpectedly');
    };
    Object.assign(pool, { query: loseAnswer });

    await expect(store.publish(ticket(1))).rejects.toThrow(StoreUnavailable);
    await store.publish(ticket(2));
    await answered(2);

    expect(claims.flatMap(({ runs }) => runs)).toEqual([]);
    expect(numbers(await claim())).toEqual([[1], [2]]);
    await store.publish(ticket(3));
    await answered(3);
    expect(numbers(claims[2]!.runs)).toEqual([[3]]);
  });
});
