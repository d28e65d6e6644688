import { count, settlement, storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

const stateful = trigger('t', { scope: ['customer'], stateful: true });

describe('decision contexts', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it('come back on another process with all they held', async () => {
    const one = await worker(stores, [stateful]);
    await one.store.publish(ticket(1));
    const first = await one.claimOne();
    expect(first.context).toBeNull();
    await one.store.settle(
      settlement(first, 'accumulated', {
        context: { append: true, scratch: { sum: 1 }, filters: { '0': { seen: ['x'] } }, wakeInMs: null },
      }),
    );
    const two = await worker(stores, [stateful]);
    await two.store.publish(ticket(2));

    const { context } = await two.claimOne();

    expect(context).toMatchObject({
      events: [{ type: 'ticket.opened', payload: { number: 1, customer: 'ann' }, receivedAt: expect.any(Date) }],
      scratch: { sum: 1 },
      filters: { '0': { seen: ['x'] } },
      lastActionAt: null,
      createdAt: expect.any(Date),
    });
  });

  it('add an event without writing the earlier ones again', async () => {
    const { store, claimOne } = await worker(stores, [stateful]);
    const versions: string[] = [];
    for (const number of [1, 2, 3]) {
      await store.publish(ticket(number));
      const context = { append: true, scratch: {}, filters: {}, wakeInMs: null };
      await store.settle(settlement(await claimOne(), 'accumulated', { context }));
      const [row] = await store.dataSource.query(
        'select xmin::text from reflex.context_events order by event_seq limit 1',
      );
      versions.push(row.xmin);
    }

    expect(new Set(versions).size).toBe(1);
    expect(await count(store, 'reflex.context_events')).toBe(3);
  });

  it('clear with the action and remember when it was', async () => {
    const { store, claimOne } = await worker(stores, [stateful]);
    await store.publish([ticket(1), ticket(2), ticket(3)]);
    const [first, second, third] = (await store.claim([{ triggerId: (await store.triggers())[0]!.id, slots: 1 }]))
      .runs[0]!;
    const kept = { append: true, scratch: { a: 1 }, filters: {}, wakeInMs: null };

    await Promise.all([
      store.settle(settlement(first!, 'accumulated', { context: kept })),
      store.settle(
        settlement(second!, 'completed', {
          context: { clear: true, acted: true, scratch: {}, filters: {}, wakeInMs: null },
        }),
      ),
      store.settle(settlement(third!, 'accumulated', { context: kept })),
    ]);
    await store.publish(ticket(4));

    const { context } = await claimOne();
    expect(context!.events.map(({ payload }) => payload['number'])).toEqual([3]);
    expect(context!.lastActionAt).toBeInstanceOf(Date);
  });

  it('change nothing when the settlement is stale', async () => {
    const { store, claimOne } = await worker(stores, [stateful]);
    await store.publish(ticket(1));
    const delivery = await claimOne();
    await store.settle(settlement(delivery, 'accumulated'));

    const context = { append: true, scratch: { late: true }, filters: {}, wakeInMs: null };
    await store.settle(settlement(delivery, 'accumulated', { context })).catch(() => undefined);

    expect(await count(store, 'reflex.contexts')).toBe(0);
    expect(await count(store, 'reflex.context_events')).toBe(0);
  });

  it('keep the newest events within their bound', async () => {
    const { store, claim } = await worker(stores, [stateful], { contextEvents: 50, runLength: 200 });
    await store.publish(Array.from({ length: 130 }, (_, index) => ticket(index)));
    const [run] = await claim(1);
    const context = { append: true, scratch: {}, filters: {}, wakeInMs: null };
    await Promise.all(run!.map((delivery) => store.settle(settlement(delivery, 'accumulated', { context }))));
    await store.publish(ticket(130));

    const [[next]] = (await claim(1)) as [[Awaited<ReturnType<typeof claim>>[0][0]]];

    const held = next.context!.events.map(({ payload }) => payload['number']);
    expect(held).toEqual(Array.from({ length: 50 }, (_, index) => 80 + index));
    expect(await count(store, 'reflex.context_events')).toBeLessThan(130);
  });
});
