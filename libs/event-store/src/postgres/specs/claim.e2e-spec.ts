import { eventually } from '@reflex/test';
import { LeaseLost, StaleLease, StoreUnavailable } from '../../errors';
import { poolOf } from '../data-source';
import { CLAIM } from '../queries';
import { count, numbers, settlement, storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

describe('claiming and settling', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it('hands each delivery to exactly one claimer', async () => {
    const workers = await Promise.all(Array.from({ length: 4 }, () => worker(stores, [trigger('t')])));
    await workers[0]!.store.publish(Array.from({ length: 200 }, (_, index) => ticket(index)));

    const claims = await Promise.all(workers.flatMap(({ claim }) => [claim(20), claim(20), claim(20)]));

    const claimed = claims.flatMap((runs) => numbers(runs).flat());
    expect(claimed.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  it('23: never claims more than the slots, whatever the planner does', async () => {
    const { store, triggers } = await worker(stores, [trigger('flat'), trigger('laned', { scope: ['customer'] })]);
    await store.publish(Array.from({ length: 60 }, (_, index) => ticket(index, `c${index}`)));
    const runner = store.dataSource.createQueryRunner();

    for (const method of ['nestloop', 'indexscan', 'bitmapscan', 'sort', 'material']) {
      await runner.query(`set enable_${method} = off`);
      const rows = (await runner.query(
        'select * from reflex.claim((select max(id) from reflex.workers), $1, $2, 1, 1)',
        [triggers.map(({ id }) => id), [3, 2]],
      )) as unknown[];
      expect(rows).toHaveLength(5);
      await runner.query(`set enable_${method} = on`);
    }
    await runner.release();
  });

  it('settles once: the second outcome is stale and changes nothing', async () => {
    const { store, claimOne } = await worker(stores, [trigger('t')]);
    await store.publish(ticket());
    const delivery = await claimOne();
    await store.settle(settlement(delivery));

    const again = store.settle(settlement(delivery, 'failed', { retryInMs: 0 }));

    await expect(again).rejects.toThrow(StaleLease);
    expect(await count(store, 'reflex.runs')).toBe(1);
  });

  it('answers each of a batch on its own when one is stale', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish([ticket(1), ticket(2), ticket(3)]);
    const deliveries = (await claim()).flat();
    await store.settle(settlement(deliveries[1]!));

    const outcomes = await Promise.allSettled(deliveries.map((delivery) => store.settle(settlement(delivery))));

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('D23: keeps the outcome of a worker that lost its lease from changing anything', async () => {
    const slow = await worker(stores, [trigger('t')]);
    await slow.store.publish(ticket());
    const lost = await slow.claimOne();
    // To the others its process is dead.
    await slow.store.dataSource.query('delete from reflex.workers');
    const other = await worker(stores, [trigger('t')]);
    const taken = await eventually(() => other.claimOne());

    const late = slow.store.settle(settlement(lost));

    await expect(late).rejects.toThrow(StaleLease);
    await other.store.settle(settlement(taken));
    expect((await other.store.searchRuns({})).items.map(({ outcome }) => outcome)).toEqual(['completed', 'failed']);
  });

  it('gives nothing to a process whose lease was taken away, and tells it', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    const lease = await store.openLease();
    await store.publish(ticket());
    await store.dataSource.query('delete from reflex.workers');

    await expect(claim()).rejects.toThrow(LeaseLost);

    expect(lease.lost.aborted).toBe(true);
    expect((await store.stats()).processing).toBe(0);
    await store.openLease();
    expect(await claim()).toHaveLength(1);
  });

  it('gives back what a claim took whose answer was lost', async () => {
    const { store, claim, triggers } = await worker(stores, [trigger('t'), trigger('laned', { scope: ['customer'] })]);
    await store.publish([ticket(1), ticket(2)]);
    const held = await store.claim([{ triggerId: triggers[0]!.id, slots: 1 }]);
    const pool = poolOf(store.dataSource);
    const { query } = pool;
    const loseAnswer = async (...args: unknown[]): Promise<unknown> => {
      const answer = await (query as (...all: unknown[]) => Promise<unknown>).apply(pool, args);
      // Sweeps use the pool as well.
      if (args[0] !== CLAIM) return answer;
      pool.query = query;
      throw new Error('Connection terminated unexpectedly');
    };
    Object.assign(pool, { query: loseAnswer });

    await expect(claim()).rejects.toThrow(StoreUnavailable);

    const again = (await claim()).flat();
    expect(
      again.map((delivery) => `${delivery.trigger} ${String(delivery.event!.payload['number'])}`).toSorted(),
    ).toEqual(['laned 1', 'laned 2', 't 2']);
    await store.settle(settlement(held.runs[0]![0]!));
  });

  it('retries after the delay, with the error kept and the attempt counted', async () => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t')]);
    const [published] = await store.publish(ticket());
    const first = await claimOne();

    await store.settle(settlement(first, 'failed', { retryInMs: 100 }));

    expect(await claim()).toEqual([]);
    expect((await store.find(published!.id))!.deliveries).toMatchObject([
      { trigger: 't', status: 'failed', attempts: 1, error: 'boom', nextAttemptAt: expect.any(Date) },
    ]);
    const second = await eventually(async () => {
      const [run] = await claim();
      expect(run).toBeDefined();
      return run![0]!;
    });
    expect(second.attempt).toBe(2);
  });

  it('wakes by itself when a retry is due', async () => {
    const { store, claimOne } = await worker(stores, [trigger('t')]);
    await store.publish(ticket());
    const delivery = await claimOne();
    const settledAt = performance.now();
    const woken = new Promise<number>((resolve) => {
      void store
        .settle(settlement(delivery, 'failed', { retryInMs: 150 }))
        .then(() => setTimeout(() => store.onWork(() => resolve(performance.now() - settledAt)), 50));
    });

    expect(await woken).toBeLessThan(700);
  });

  it('counts no attempt for a delivery that was deferred or released', async () => {
    const { store, claim, claimOne } = await worker(stores, [trigger('t')]);
    await store.publish(ticket());
    const first = await claimOne();
    await store.release([first]);
    const second = await claimOne();
    await store.settle(settlement(second, 'deferred', { retryInMs: 0 }));

    const third = await eventually(async () => (await claim())[0]![0]!);

    expect([first.attempt, second.attempt, third.attempt]).toEqual([1, 1, 1]);
  });

  it('D14: leaves the other triggers of the event alone when one fails', async () => {
    const { store, claim } = await worker(stores, [trigger('good'), trigger('bad')]);
    await store.publish(ticket());
    const deliveries = (await claim()).flat();
    for (const delivery of deliveries) {
      const failing = delivery.trigger === 'bad';
      await store.settle(
        settlement(delivery, failing ? 'failed' : 'completed', { retryInMs: failing ? 0 : undefined }),
      );
    }

    const again = await eventually(async () => {
      const runs = await claim();
      expect(runs).not.toEqual([]);
      return runs.flat();
    });

    expect(again.map((delivery) => delivery.trigger)).toEqual(['bad']);
  });

  it('commits state changes, follow-ups and outcome together or not at all', async () => {
    const { store, claimOne } = await worker(stores, [trigger('t')]);
    await store.dataSource.query('create table if not exists public.effects (n integer)');
    await store.publish(ticket(1));
    const delivery = await claimOne();
    const work = (manager: { query(sql: string): Promise<unknown> }): Promise<void> =>
      manager.query('insert into public.effects values (1)').then(() => undefined);
    await store.settle(settlement(delivery, 'completed', { work, followUps: [ticket(2)] }));

    const late = store.settle(settlement(delivery, 'completed', { work, followUps: [ticket(3)] }));

    await expect(late).rejects.toThrow(StaleLease);
    expect(await count(store, 'public.effects')).toBe(1);
    expect(await count(store, 'reflex.events')).toBe(2);
    await store.dataSource.query('drop table public.effects');
  });

  it('holds a trigger to its concurrency over all processes', async () => {
    const limited = trigger('t', { concurrency: 3 });
    const workers = await Promise.all([worker(stores, [limited]), worker(stores, [limited])]);
    await workers[0].store.publish(Array.from({ length: 10 }, (_, index) => ticket(index)));

    const claims = await Promise.all(workers.map(({ claim }) => claim(10)));

    expect(claims.flat(2)).toHaveLength(3);
    await workers[0].store.settle(settlement(claims.flat(2)[0]!)).catch(() => undefined);
    await workers[1].store.settle(settlement(claims.flat(2)[0]!)).catch(() => undefined);
    expect((await Promise.all(workers.map(({ claim }) => claim(10)))).flat(2)).toHaveLength(1);
  });

  it('holds a trigger to its throttle and starts again in the next window', async () => {
    const { store, claim } = await worker(stores, [trigger('t', { throttle: { limit: 2, windowMs: 500 } })]);
    await store.publish(Array.from({ length: 5 }, (_, index) => ticket(index)));

    const first = (await claim(10)).flat();
    const second = (await claim(10)).flat();

    expect([first.length, second.length]).toEqual([2, 0]);
    await eventually(async () => expect((await claim(10)).flat()).toHaveLength(2));
  });

  it('claims nothing of a paused trigger, and all of it after', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.setPaused('t', true);
    await store.publish(ticket());

    expect(await claim()).toEqual([]);
    await store.setPaused('t', false);
    expect((await claim()).flat()).toHaveLength(1);
  });
});
