import { eventually } from '@reflex/test';
import type { Delivery } from '../../delivery';
import { count, numbers, settlement, storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

const byCustomer = trigger('by-customer', { scope: ['customer'] });

describe('scopes', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it('hands a scope over as one run in order, and nothing of it to anybody else', async () => {
    const [one, two] = [await worker(stores, [byCustomer]), await worker(stores, [byCustomer])];
    for (const number of [1, 2, 3]) await one.store.publish(ticket(number));
    await one.store.publish(ticket(9, 'bob'));

    const mine = await one.claim(1);
    const theirs = await two.claim(10);

    expect(numbers(mine)).toEqual([[1, 2, 3]]);
    expect(numbers(theirs)).toEqual([[9]]);
  });

  it('bounds a run', async () => {
    const { store, claim } = await worker(stores, [byCustomer], { runLength: 2 });
    for (const number of [1, 2, 3]) await store.publish(ticket(number));

    expect(numbers(await claim())).toEqual([[1, 2]]);
  });

  it('makes the next claimable when the run is done, also what came in meanwhile', async () => {
    const { store, claim } = await worker(stores, [byCustomer]);
    await store.publish(ticket(1));
    const [run] = await claim();
    await store.publish(ticket(2));
    expect(await claim()).toEqual([]);

    await store.settle(settlement(run![0]!));

    expect(numbers(await claim())).toEqual([[2]]);
  });

  it('waits with the whole scope while its first delivery waits for a retry', async () => {
    const { store, claim } = await worker(stores, [byCustomer]);
    for (const number of [1, 2]) await store.publish(ticket(number));
    const [run] = await claim();
    await store.settle(settlement(run![0]!, 'failed', { retryInMs: 150 }));
    await store.release(run!.slice(1));
    await store.publish(ticket(3));

    expect(await claim()).toEqual([]);
    const again = await eventually(async () => {
      const runs = await claim();
      expect(runs).not.toEqual([]);
      return runs;
    });
    expect(numbers(again)).toEqual([[1, 2, 3]]);
  });

  it(`lets the scope go on past a failed delivery with onRetry 'pass'`, async () => {
    const { store, claim } = await worker(stores, [{ ...byCustomer, onRetry: 'pass' }]);
    for (const number of [1, 2]) await store.publish(ticket(number));
    const [run] = await claim();
    await store.settle(settlement(run![0]!, 'failed', { retryInMs: 150 }));
    await store.release(run!.slice(1));

    const [passing] = await claim();
    expect(numbers([passing!])).toEqual([[2]]);
    await store.settle(settlement(passing![0]!));
    const again = await eventually(async () => {
      const runs = await claim();
      expect(runs).not.toEqual([]);
      return runs;
    });
    expect(numbers(again)).toEqual([[1]]);
    await store.settle(settlement(again[0]![0]!));
    expect(await count(store, 'reflex.lanes')).toBe(0);
  });

  it('computes scopes from field paths alike for all publishers, and bounds long ones', async () => {
    const { store, claim } = await worker(stores, [
      trigger('pair', { scope: ['customer', 'source'] }),
      trigger('one', { scope: ['*'] }),
      trigger('long', { scope: ['customer'] }),
      trigger('missing', { scope: ['no.such.field'] }),
    ]);
    await store.publish(ticket(1, `a:b${'x'.repeat(10_000)}`));
    await store.publish(ticket(2, 'a:b'));

    const scopes = new Map(
      (await claim())
        .flat()
        .map((delivery) => [`${delivery.trigger} ${String(delivery.event!.payload['number'])}`, delivery.scope]),
    );

    expect(scopes.get('pair 2')).toBe('a\\:b:test');
    expect(scopes.get('one 2')).toBe('*');
    expect(scopes.get('long 1')).toHaveLength(97);
    expect(scopes.get('missing 2')).toBe('');
  });

  it('keeps every delivery and its order while publishers and workers race for the same scopes', async () => {
    const workers = await Promise.all(Array.from({ length: 3 }, () => worker(stores, [byCustomer], { runLength: 3 })));
    const publishers = await Promise.all([stores.store(), stores.store()]);
    const total = 600;
    const done: Delivery[] = [];
    const publishing = Promise.all(
      publishers.map(async (store, half) => {
        for (let number = half; number < total; number += 2) await store.publish(ticket(number, `c${number % 4}`));
      }),
    );
    const working = workers.map(async ({ store, claim }) => {
      while (done.length < total) {
        for (const run of await claim(2)) {
          for (const delivery of run) {
            await store.settle(settlement(delivery));
            done.push(delivery);
          }
        }
      }
    });

    await Promise.all([publishing, ...working]);

    expect(new Set(done.map(({ event }) => event!.payload['number'])).size).toBe(total);
    for (const scope of ['c0', 'c1', 'c2', 'c3']) {
      const order = done
        .filter((delivery) => delivery.scope === scope)
        .map(({ event }) => event!.payload['number'] as number);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
    expect(await count(workers[0]!.store, 'reflex.lanes')).toBe(0);
  });
});
