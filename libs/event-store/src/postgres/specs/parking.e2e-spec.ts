import { eventually } from '@reflex/test';
import type { Delivery } from '../../delivery';
import type { Settlement } from '../../settlement';
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

describe('parking', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it('lets a delivery wait for a key: no attempt, no worker, and what it waits for is told', async () => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t')]);
    const [published] = await store.publish(ticket());

    await store.settle(parked(await claimOne(), { waitsFor: 'approval:1' }));

    expect(await claim()).toEqual([]);
    expect((await store.find(published!.id))!.deliveries).toMatchObject([
      { status: 'parked', attempts: 0, nextAttemptAt: null, error: null, waitsFor: 'a person decides' },
    ]);
    expect(await store.stats()).toMatchObject({ pending: 0, processing: 0, scheduled: 0, parked: 1 });
    expect((await store.searchRuns({ outcome: 'parked' })).items).toMatchObject([
      { attempt: 1, reason: 'a person decides' },
    ]);
  });

  it('wakes by key all that wait for it, by name one, and nothing else', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish([ticket(1), ticket(2), ticket(3), ticket(4)]);
    const [first, second, third, fourth] = (await claim()).flat();
    await store.settle(parked(first!, { waitsFor: 'a' }));
    await store.settle(parked(second!, { waitsFor: 'a' }));
    await store.settle(parked(third!, { waitsFor: 'b' }));
    await store.settle(parked(fourth!));

    await store.wake({ waitsFor: 'a' });
    await store.wake(fourth!);

    await eventually(async () => expect(await claimable(store)).toBe(3));
    const again = (await claim()).flat();
    expect(numbers([again])[0]!.toSorted((a, b) => a - b)).toEqual([1, 2, 4]);
    expect(again.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  });

  it('wakes at the deadline', async () => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t')]);
    await store.publish(ticket());

    await store.settle(parked(await claimOne(), { retryInMs: 30 }));

    await eventually(async () => expect(await claim()).toHaveLength(1));
  });

  it('wakes one that was called while it was in work', async () => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t')]);
    await store.publish([ticket(1), ticket(2)]);
    const byKey = await claimOne();
    const byName = await claimOne();
    await store.wake([{ waitsFor: 'a' }, byName]);
    await eventually(async () => expect(await count(store, 'reflex.wakes where not looked')).toBe(0));

    await store.settle(parked(byKey, { waitsFor: 'a' }));
    await store.settle(parked(byName));

    await eventually(async () => expect(await claimable(store)).toBe(2));
    // Once: it has looked by now.
    for (const delivery of (await claim()).flat()) {
      await store.settle(parked(delivery, { waitsFor: delivery.eventSeq === byKey.eventSeq ? 'a' : undefined }));
    }
    await eventually(async () => expect(await count(store, `reflex.deliveries where parked ? 'key'`)).toBe(2));
    expect(await claimable(store)).toBe(0);
  });

  it.each(['the wake', 'the parking'])('loses no wake when %s commits last', async (last) => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t')]);
    await store.publish(ticket());
    const delivery = await claimOne();
    const open = store.dataSource.createQueryRunner();
    await open.startTransaction();

    // Both have run before either has committed: neither can see the other.
    if (last === 'the wake') {
      await store.wake({ waitsFor: 'a' }, { transaction: open.manager });
      await store.settle(parked(delivery, { waitsFor: 'a' }));
    } else {
      await open.query(`
        update reflex.deliveries
           set status = 'aside', run_at = now() + interval '1 hour', worker_id = null, lease_token = null,
               parked = '{"waits_for": "a", "reason": "x", "deadline": true}'`);
      await store.wake({ waitsFor: 'a' });
    }
    await store.dataSource.query('select reflex.wake_parked(100)');
    await open.commitTransaction();
    await open.release();

    await eventually(async () => expect(await claim()).toHaveLength(1));
  });

  it('loses no wake when many are parked and woken at the same time', async () => {
    const { store, claim } = await worker(stores, [trigger('flat'), trigger('laned', { scope: ['customer'] })]);
    const other = await stores.store();
    await store.publish(Array.from({ length: 60 }, (_, index) => ticket(index, `c${index % 7}`)));
    const ended = new Set<string>();

    await eventually(async () => {
      const deliveries = (await claim(8)).flat();
      await Promise.all(
        deliveries.map(async (delivery) => {
          const name = `${delivery.trigger}/${delivery.eventSeq}`;
          if (ended.has(name)) return store.settle(settlement(delivery));
          // The handler looked, somebody acts, and only then is it parked.
          ended.add(name);
          const waitsFor = Number(delivery.eventSeq) % 2 ? `decision:${name}` : undefined;
          const wake = other.wake(waitsFor === undefined ? delivery : { waitsFor });
          await Promise.all([wake, store.settle(parked(delivery, { waitsFor }))]);
        }),
      );
      expect(await count(store, 'reflex.deliveries')).toBe(0);
    });
    expect(ended.size).toBe(120);
  });

  it('keeps its place in the scope, or stands aside', async () => {
    const { store, claim } = await worker(stores, [
      trigger('keeps', { scope: ['customer'] }),
      trigger('steps', { scope: ['customer'], onRetry: 'pass' }),
    ]);
    await store.publish(ticket(1));
    const [keeps, steps] = (await claim()).flat().sort((a, b) => a.trigger.localeCompare(b.trigger));
    await store.settle(parked(keeps!, { waitsFor: 'a' }));
    await store.settle(parked(steps!, { waitsFor: 'a' }));
    await store.publish(ticket(2));

    const meanwhile = (await claim()).flat();
    for (const delivery of meanwhile) await store.settle(settlement(delivery));
    await store.wake({ waitsFor: 'a' });

    expect(meanwhile.map(({ trigger: name }) => name)).toEqual(['steps']);
    await eventually(async () => expect(await claimable(store)).toBe(3));
    const after = (await claim()).sort((a, b) => a[0]!.trigger.localeCompare(b[0]!.trigger));
    expect(numbers(after)).toEqual([[1, 2], [1]]);
  });

  it('is woken in the transaction that decides, or not at all', async () => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t')]);
    await store.publish(ticket());
    await store.settle(parked(await claimOne(), { waitsFor: 'a' }));

    const undone = store.dataSource.transaction(async (manager) => {
      await store.wake({ waitsFor: 'a' }, { transaction: manager });
      throw new Error('changed my mind');
    });

    await expect(undone).rejects.toThrow('changed my mind');
    await store.dataSource.query('select reflex.wake_parked(100)');
    expect(await claim()).toEqual([]);
    await store.dataSource.transaction((manager) => store.wake({ waitsFor: 'a' }, { transaction: manager }));
    await eventually(async () => expect(await claim()).toHaveLength(1));
  });

  it('is woken by a process that works on nothing itself', async () => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t')]);
    const bystander = await stores.store();
    await store.publish(ticket());
    await store.settle(parked(await claimOne(), { waitsFor: 'a' }));

    await bystander.wake({ waitsFor: 'a' });

    await eventually(async () => expect(await claim()).toHaveLength(1));
  });

  it('does not cut short the backoff of what failed after it was woken', async () => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t')]);
    await store.publish(ticket());
    await store.settle(parked(await claimOne(), { waitsFor: 'a', retryInMs: 0 }));
    const again = await eventually(() => claimOne());
    await store.settle(settlement(again, 'failed', { retryInMs: 3_600_000 }));

    await store.wake({ waitsFor: 'a' });

    await eventually(async () => expect(await count(store, 'reflex.wakes where not looked')).toBe(0));
    await store.dataSource.query('select reflex.promote_due(100)');
    expect(await claim()).toEqual([]);
  });

  it('is not delivered a second time by a replay, and is buried with its trigger', async () => {
    const { store, claimOne } = await worker(stores, [trigger('t')], { retireAfterMs: 1, app: 'gone' });
    await store.publish(ticket());
    await store.settle(parked(await claimOne()));
    const hour = 3_600_000;

    const range = { from: new Date(Date.now() - hour), to: new Date(Date.now() + hour) };
    const replay = { ...range, triggers: ['t'], rate: 100, stopOnFailure: false };
    const { id } = await store.operations.beginReplay(replay, 'tester');
    await store.operations.advance(id);

    expect(await store.operations.find(id)).toMatchObject({ done: 0, skipped: 1 });
    await store.dataSource.query('update reflex.workers set trigger_ids = $1', [[]]);
    await eventually(async () => {
      expect((await store.deadLetters.list({})).items).toMatchObject([{ reason: 'trigger_removed' }]);
    });
  });

  it('forgets wakes that are older than any attempt', async () => {
    const { store } = await worker(stores, [trigger('t')]);
    await store.wake([{ waitsFor: 'old' }, { waitsFor: 'new' }]);
    await eventually(async () => expect(await count(store, 'reflex.wakes where not looked')).toBe(0));
    await store.dataSource.query(`update reflex.wakes set woken_at = now() - interval '8 days' where key = 'old'`);

    const rows = await store.dataSource.query<{ count: number }[]>('select reflex.forget_wakes(7, 10) as count');

    expect(rows).toEqual([{ count: 1 }]);
    expect(await count(store, `reflex.wakes where key = 'new'`)).toBe(1);
  });

  it('takes keys of any length', async () => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t')]);
    await store.publish(ticket());
    const waitsFor = 'k'.repeat(100_000);
    await store.settle(parked(await claimOne(), { waitsFor }));

    await store.wake({ waitsFor });

    await eventually(async () => expect(await claim()).toHaveLength(1));
  });
});

function parked(delivery: Delivery, rest: Partial<Settlement> = {}): Settlement {
  const run = { startedAt: new Date(), durationMs: 1, reason: 'a person decides' };
  return { delivery, outcome: 'parked', run, ...rest };
}

function claimable(store: OpenStore): Promise<number> {
  return count(store, `reflex.deliveries where status in ('pending', 'waiting')`);
}
