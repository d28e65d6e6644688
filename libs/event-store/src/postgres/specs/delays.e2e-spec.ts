import { eventually } from '@reflex/test';
import { InvalidDelay, MAX_DELAY_MS } from '../../delay';
import { IdempotencyConflict } from '../../errors';
import {
  count,
  numbers,
  settlement,
  storesUnderTest,
  ticket,
  trigger,
  worker,
  type OpenStore,
  type Stores,
} from './store-under-test';

describe('a delayed event', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  /** As if so much time had passed for all that waits. */
  async function pass(store: OpenStore, time: string): Promise<void> {
    await store.dataSource.query(
      `update reflex.deliveries set run_at = run_at - $1::interval where run_at is not null`,
      [time],
    );
  }

  it('is in the log at once and handed out when it is due', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);

    const [published] = await store.publish(ticket(7), { delayMs: 3_600_000 });

    const { deliveries } = (await store.find(published!.id))!;
    expect(deliveries).toMatchObject([{ trigger: 't', status: 'pending', attempts: 0 }]);
    expect(deliveries[0]!.nextAttemptAt!.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    expect(await claim()).toEqual([]);

    await pass(store, '61 minutes');
    const runs = await eventually(async () => {
      const claimed = await claim();
      expect(claimed).toHaveLength(1);
      return claimed;
    });
    expect(runs[0]![0]).toMatchObject({ attempt: 1, event: { id: published!.id } });
  });

  it('comes in time without a hint from outside', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish(ticket(1), { delayMs: 300 });
    const publishedAt = performance.now();

    await eventually(async () => expect(await claim()).toHaveLength(1));

    expect(performance.now() - publishedAt).toBeGreaterThanOrEqual(290);
    expect(performance.now() - publishedAt).toBeLessThan(1_000);
  });

  it('is delivered by a process that started after the publisher ended', async () => {
    const publisher = await stores.store();
    await publisher.registerTriggers([trigger('t')]);
    await publisher.publish(ticket(1), { deliverAt: new Date(Date.now() + 500) });
    await publisher.stop();

    const { claim } = await worker(stores, [trigger('t')]);

    await eventually(async () => expect(numbers(await claim())).toEqual([[1]]));
  });

  it('does not hold up its scope, and takes its place by age when it is due', async () => {
    const { store, claim } = await worker(stores, [trigger('t', { scope: ['customer'] })]);
    await store.publish([ticket(1), ticket(2), ticket(3)], { delayMs: [3_600_000, null, null] });

    expect(numbers(await claim())).toEqual([[2, 3]]);
    expect(await count(store, 'reflex.lanes where live = 2')).toBe(1);
  });

  it('returns to a lane that was empty meanwhile', async () => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t', { scope: ['customer'] })]);
    await store.publish([ticket(1), ticket(2)], { delayMs: [3_600_000, null] });
    await store.settle(settlement(await claimOne()));
    expect(await count(store, 'reflex.lanes')).toBe(0);

    await pass(store, '2 hours');

    await eventually(async () => expect(numbers(await claim())).toEqual([[1]]));
    expect(await count(store, 'reflex.lanes where live = 1')).toBe(1);
  });

  it.each([
    ['a time that has passed', { deliverAt: new Date(0) }],
    ['no delay at all', { delayMs: 0 }],
  ])('takes %s as at once', async (_what, options) => {
    const { store, claim } = await worker(stores, [trigger('t'), trigger('laned', { scope: ['customer'] })]);

    await store.publish(ticket(1), options);

    expect(await claim()).toHaveLength(2);
  });

  it.each([
    ['more than a year', { delayMs: MAX_DELAY_MS + 1 }],
    ['a time in the year after next', { deliverAt: new Date(Date.now() + 2 * MAX_DELAY_MS) }],
    ['a negative delay', { delayMs: -1 }],
    ['no number', { delayMs: NaN }],
    ['no date', { deliverAt: new Date('nonsense') }],
    ['both', { delayMs: 1, deliverAt: new Date() }],
    ['more delays than events', { delayMs: [1, 2] }],
  ])('is refused with %s', async (_what, options) => {
    const store = await stores.store();

    await expect(store.publish(ticket(1), options)).rejects.toThrow(InvalidDelay);
    expect(await count(store, 'reflex.events')).toBe(0);
  });

  it('is another request under its key when its delay is another', async () => {
    const store = await stores.store();
    const send = (delayMs: number) => store.publish(ticket(1), { idempotencyKey: 'k', delayMs });
    const [first] = await send(1_000);

    expect(await send(1_000)).toEqual([{ id: first!.id, duplicate: true }]);
    await expect(send(2_000)).rejects.toThrow(IdempotencyConflict);
  });

  it('survives the days of the log it was written in', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish(ticket(9), { delayMs: 40 * 86_400_000 });
    await store.dataSource.query(`
      create table reflex.events_20200101 (like reflex.events including all);
      insert into reflex.events_20200101 select seq, id, type, source, "timestamp", '2020-01-01 12:00+00', trace_id,
        correlation_id, causation_id, depth, payload from reflex.events;
      truncate reflex.events;
      alter table reflex.events attach partition reflex.events_20200101
        for values from ('2020-01-01 00:00+00') to ('2020-01-02 00:00+00');
      update reflex.deliveries set event_at = '2020-01-01 12:00+00'`);

    await store.dataSource.query(`select reflex.drop_partitions('events', 30, 100) from generate_series(1, 2)`);
    await pass(store, '41 days');

    await eventually(async () => expect(numbers(await claim())).toEqual([[9]]));
  });
});

describe('a trigger with a match', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it('is given only events that contain it, also in replays', async () => {
    const { store, claim } = await worker(stores, [trigger('bob', { match: { customer: 'bob' } })]);
    const from = new Date(Date.now() - 60_000);
    await store.publish([ticket(1, 'ann'), ticket(2, 'bob'), ticket(3, "b'ob")]);

    const claimed = await claim();
    expect(numbers(claimed)).toEqual([[2]]);
    await store.settle(settlement(claimed[0]![0]!));
    const range = { from, to: new Date(Date.now() + 60_000), triggers: ['bob'] };
    const { id } = await store.operations.beginReplay({ ...range, rate: 100, stopOnFailure: false }, 'tester');
    await store.operations.advance(id);

    expect(await store.operations.find(id)).toMatchObject({ total: 1, done: 1 });
    expect(numbers(await claim())).toEqual([[2]]);
    expect((await store.triggers())[0]).toMatchObject({ match: { customer: 'bob' } });
  });
});
