import { eventually } from '@reflex/test';
import { count, numbers, settlement, storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

/** What the others see of a process that was killed: its row grows old and nothing else happens. */
const KILL = `update reflex.workers set beat_at = now() - interval '1 hour', app = 'killed' where id = $1`;

describe('sweeps', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  /** A worker that claims all it can and then dies without a word. */
  async function deadWorker(claimed: number, definitions = [trigger('t')]) {
    const store = await stores.store();
    const triggers = await store.registerTriggers(definitions);
    await store.dataSource.transaction(async (manager) => {
      const [row] = await manager.query<{ id: string }[]>(
        `insert into reflex.workers (app, host, pid, trigger_ids, beat_at)
         values ('killed', 'test', 0, '{}', now() - interval '1 hour') returning id`,
      );
      await manager.query('select from reflex.claim($1, $2, $3, 1, 16)', [
        row!.id,
        triggers.map(({ id }) => id),
        triggers.map(() => claimed),
      ]);
    });
    return store;
  }

  it('D7: takes deliveries back from a dead process and counts its death', async () => {
    const publisher = await stores.store();
    await publisher.registerTriggers([trigger('t')]);
    await publisher.publish([ticket(1), ticket(2)]);
    await deadWorker(10);
    const { store, claim } = await worker(stores, [trigger('t')]);

    const taken = await eventually(async () => {
      const runs = await claim();
      expect(runs).toHaveLength(2);
      return runs.flat();
    });

    expect(taken.map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect((await store.searchRuns({ outcome: 'failed' })).items.map(({ error }) => error?.code)).toEqual([
      'worker_died',
      'worker_died',
    ]);
    await store.dataSource.query('select reflex.forget_workers(20000)');
    expect(await count(store, `reflex.workers where app = 'killed'`)).toBe(0);
  });

  it('takes a run of a scope back in its order', async () => {
    const laned = [trigger('t', { scope: ['customer'] })];
    const publisher = await stores.store();
    await publisher.registerTriggers(laned);
    for (const number of [1, 2, 3]) await publisher.publish(ticket(number));
    await deadWorker(10, laned);
    const { claim } = await worker(stores, laned);

    const first = await eventually(async () => {
      const runs = await claim();
      expect(runs).not.toEqual([]);
      return runs;
    });

    // The first was at work when the process died: it comes alone this time.
    expect(numbers(first)).toEqual([[1]]);
  });

  it('buries a delivery after three deaths as poison, and hands out suspects one at a time', async () => {
    const publisher = await stores.store();
    await publisher.registerTriggers([trigger('t')]);
    await publisher.publish([ticket(1), ticket(2)]);
    await publisher.dataSource.query('update reflex.deliveries set crashes = 2');
    const { store, claim } = await worker(stores, [trigger('t')]);

    const suspects = await claim();
    expect(numbers(suspects)).toEqual([[1]]);
    expect(await claim()).toEqual([]);
    // Its process dies as well.
    await store.dataSource.query(KILL, [(await store.dataSource.query('select id from reflex.workers'))[0].id]);
    const other = await worker(stores, [trigger('t')]);

    await eventually(async () => expect((await other.store.deadLetters.list({})).count).toBe(1));
    expect((await other.store.deadLetters.list({})).items[0]).toMatchObject({ reason: 'poison', trigger: 't' });
    expect(numbers(await other.claim())).toEqual([[2]]);
  });

  it('ticks a context that wanted to be looked at again, for its trigger and scope alone', async () => {
    const stateful = trigger('t', { scope: ['customer'], stateful: true });
    const { store, claim, claimOne } = await worker(stores, [stateful, trigger('other', { types: ['*'] })]);
    await store.publish(ticket(1));
    const [mine, others] = (await claim()).flat().toSorted((a, b) => b.trigger.localeCompare(a.trigger));
    await store.settle(settlement(others!));
    await store.settle(
      settlement(mine!, 'accumulated', { context: { append: true, scratch: { seen: 1 }, filters: {}, wakeInMs: 50 } }),
    );

    const tick = await eventually(() => claimOne());

    expect(tick).toMatchObject({
      trigger: 't',
      scope: 'ann',
      event: { type: 'timer.tick', source: 'timer:context', payload: { timer_name: 'context:t', tick_count: 1 } },
      context: { scratch: { seen: 1 }, events: [{ payload: { number: 1, customer: 'ann' } }] },
    });
    expect(await count(store, 'reflex.deliveries')).toBe(1);
  });

  it('retires a trigger that the code no longer has and buries what waits for it', async () => {
    const before = await stores.store();
    await before.registerTriggers([trigger('kept'), trigger('removed', { scope: ['customer'] })]);
    await before.publish([ticket(1), ticket(2)]);
    const { store, claim } = await worker(stores, [trigger('kept')], { retireAfterMs: 300 });

    await eventually(async () => expect((await store.deadLetters.list({ trigger: 'removed' })).count).toBe(2));
    await store.publish(ticket(3));

    const letters = (await store.deadLetters.list({})).items;
    expect(letters.map(({ reason, event }) => [reason, event.payload['number']])).toEqual(
      expect.arrayContaining([
        ['trigger_removed', 1],
        ['trigger_removed', 2],
      ]),
    );
    expect(numbers(await claim()).flat()).toEqual([1, 2, 3]);
    expect(await count(store, 'reflex.lanes')).toBe(0);
    expect((await store.triggers()).find(({ name }) => name === 'removed')).toMatchObject({ active: false });
  });

  it('keeps a subscription that rests, and a trigger within its grace', async () => {
    const before = await stores.store();
    await before.registerTriggers([trigger('resting', { detached: true }), trigger('restarting')]);
    await before.publish(ticket());
    const { store } = await worker(stores, [trigger('kept')], { retireAfterMs: 60_000 });
    await store.dataSource.query(
      `update reflex.triggers set seen_at = now() - interval '1 year' where name = 'resting'`,
    );

    await store.dataSource.query(
      `select reflex.retire_triggers('api', max(id), 20000, 60000, 100) from reflex.workers`,
    );

    expect((await store.triggers()).filter(({ active }) => active)).toHaveLength(3);
    expect(await count(store, 'reflex.deliveries')).toBe(2);
  });

  it('leaves the triggers of another live worker alone', async () => {
    await worker(stores, [trigger('theirs')]);
    const { store } = await worker(stores, [trigger('mine')], { leaseMs: 1_000 });
    await store.publish(ticket());

    await store.dataSource.query(`select reflex.retire_triggers('api', $1, 20000, 0, 100)`, [
      (await store.dataSource.query('select max(id) as id from reflex.workers'))[0].id,
    ]);

    expect((await store.triggers()).map(({ active }) => active)).toEqual([true, true]);
    expect(await count(store, 'reflex.deliveries')).toBe(2);
  });
});
