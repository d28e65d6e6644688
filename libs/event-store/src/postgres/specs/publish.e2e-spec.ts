import { EventLoop, IdempotencyConflict, StoreOverloaded } from '../../errors';
import {
  count,
  settlement,
  storesUnderTest,
  ticket,
  TicketOpened,
  trigger,
  worker,
  type Stores,
} from './store-under-test';

describe('publishing', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it('stores the event, its meta and one delivery for each matching trigger', async () => {
    const { store } = await worker(stores, [
      trigger('a'),
      trigger('b', { types: ['ticket.opened'] }),
      trigger('c', { types: ['other'] }),
    ]);

    const [published] = await store.publish(ticket(7));

    const event = await store.find(published!.id);
    expect(event).toMatchObject({
      type: 'ticket.opened',
      source: 'test',
      payload: { number: 7, customer: 'ann' },
      meta: { correlation_id: published!.id, causation_id: null, depth: 0 },
      deliveries: [
        { trigger: 'a', status: 'pending', attempts: 0 },
        { trigger: 'b', status: 'pending', attempts: 0 },
      ],
    });
  });

  it('sets the id on the event and makes another event of the same object the second time', async () => {
    const store = await stores.store();
    const event = ticket();

    const [first] = await store.publish(event);
    const [second] = await store.publish(event);

    expect(first!.id).not.toBe(second!.id);
    expect(event.id).toBe(second!.id);
  });

  it('gives 50 parallel publishes with one idempotency key one event', async () => {
    const [one, two] = [await stores.store(), await stores.store()];

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 ? one : two).publish(ticket(), { idempotencyKey: 'key' })),
    );

    expect(new Set(answers.map(([published]) => published!.id)).size).toBe(1);
    expect(answers.filter(([published]) => !published!.duplicate)).toHaveLength(1);
    expect(await count(one, 'reflex.events')).toBe(1);
  });

  it('refuses the same key with another body and names the first event', async () => {
    const store = await stores.store();
    const [first] = await store.publish(ticket(1), { idempotencyKey: 'key' });

    const second = store.publish(ticket(2), { idempotencyKey: 'key' });

    await expect(second).rejects.toThrow(IdempotencyConflict);
    await expect(second).rejects.toMatchObject({ details: { first_id: first!.id } });
  });

  it('D30: answers a repeated id of the client with the first event', async () => {
    const store = await stores.store();
    const withId = (): TicketOpened => Object.assign(ticket(), { id: 'mine' });

    const [first] = await store.publish(withId());
    const [second] = await store.publish(withId());

    expect([first, second]).toEqual([
      { id: 'mine', duplicate: false },
      { id: 'mine', duplicate: true },
    ]);
    expect(await count(store, 'reflex.events')).toBe(1);
  });

  it('D1: keeps an id full of SQL as data', async () => {
    const store = await stores.store();
    const id = `a'; drop table reflex.event_keys; --`;

    await store.publish(Object.assign(ticket(), { id }));

    expect((await store.find(id))!.id).toBe(id);
    expect(await count(store, 'reflex.event_keys')).toBe(1);
  });

  it('stores all events of an array or, when one key conflicts, none', async () => {
    const store = await stores.store();
    await store.publish(Object.assign(ticket(1), { id: 'taken' }));

    const published = store.publish([ticket(2), Object.assign(ticket(3), { id: 'taken' })]);

    await expect(published).rejects.toThrow(IdempotencyConflict);
    expect(await count(store, 'reflex.events')).toBe(1);
  });

  it('lets a bad event fail alone among its neighbours in one commit', async () => {
    const store = await stores.store();

    const outcomes = await Promise.allSettled([
      store.publish(ticket(1)),
      store.publish(ticket(2, 'nul \u0000')),
      store.publish(ticket(3)),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await count(store, 'reflex.events')).toBe(2);
  });

  it('publishes inside the transaction of the caller: there on commit, gone on rollback', async () => {
    const store = await stores.store();

    await store.dataSource.transaction(async (manager) => {
      await store.publish(ticket(1), { transaction: manager });
    });
    await store.dataSource
      .transaction(async (manager) => {
        await store.publish(ticket(2), { transaction: manager });
        throw new Error('changed my mind');
      })
      .catch(() => undefined);

    expect((await store.search({})).items.map(({ payload }) => payload['number'])).toEqual([1]);
  });

  it('wakes workers when the transaction of the caller commits, not before', async () => {
    const { store } = await worker(stores, [trigger('t')], { notify: false });
    await store.claim([]);
    let hints = 0;
    let hintsBeforeCommit = -1;
    store.onWork(() => (hints += 1));

    await store.dataSource.transaction(async (manager) => {
      await manager.transaction((inner) => store.publish(ticket(1), { transaction: inner }));
      hintsBeforeCommit = hints;
    });

    expect(hintsBeforeCommit).toBe(0);
    expect(hints).toBe(1);
  });

  it('fans out to triggers that another process registered', async () => {
    await worker(stores, [trigger('elsewhere')]);
    const publisher = await stores.store();

    await publisher.publish(ticket());

    expect(await count(publisher, 'reflex.deliveries')).toBe(1);
  });

  it('answers overload instead of queueing without end', async () => {
    const store = await stores.store({ queueLimit: 5 });

    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => store.publish(ticket(index))));

    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]!.reason).toBeInstanceOf(StoreOverloaded);
    expect(await count(store, 'reflex.events')).toBe(20 - refused.length);
  });

  it('gives follow-ups their cause, correlation and depth, and ends loops at depth 8', async () => {
    const { store, claimOne } = await worker(stores, [trigger('loop')]);
    const [root] = await store.publish(ticket(0));

    let depth = 0;
    let ended: unknown = null;
    while (ended === null && depth < 20) {
      const delivery = await claimOne();
      ended = await store.settle(settlement(delivery, 'completed', { followUps: [ticket(depth + 1)] })).then(
        () => null,
        (error: unknown) => error,
      );
      depth += 1;
    }

    expect(ended).toBeInstanceOf(EventLoop);
    const chain = (await store.search({ order: 'oldest' })).items;
    expect(chain.map(({ meta }) => meta.depth)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(chain.map(({ meta }) => meta.correlation_id))).toEqual(new Set([root!.id]));
    expect(chain.slice(1).map(({ meta }) => meta.causation_id)).toEqual(chain.slice(0, -1).map(({ id }) => id));
  });

  it('stops after 100 follow-ups of one event', async () => {
    const { store, claimOne } = await worker(stores, [trigger('wide')]);
    await store.publish(ticket(0));
    const delivery = await claimOne();

    const settled = store.settle(
      settlement(delivery, 'completed', { followUps: Array.from({ length: 101 }, (_, index) => ticket(index)) }),
    );

    await expect(settled).rejects.toThrow(EventLoop);
    expect(await count(store, 'reflex.events')).toBe(1);
  });
});
