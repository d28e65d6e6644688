import type { NewEffect } from '@reflex/core';
import { eventually } from '@reflex/test';
import { StaleLease } from '../../errors';
import { count, settlement, storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

const call: NewEffect = {
  key: 'k1',
  kind: 'tool',
  name: 'send',
  effect: 'keyed',
  argsHash: 'abc',
  input: { text: 'hi' },
};

let stores: Stores;
beforeAll(async () => (stores = await storesUnderTest()));
beforeEach(() => stores.reset());
afterAll(() => stores.drop());

/** A worker with one delivery in work. */
async function atWork() {
  const working = await worker(stores, [trigger('t')]);
  await working.store.publish(ticket());
  return { ...working, delivery: await working.claimOne() };
}

describe('the ledger of effects', () => {
  it('is empty at first, and keeps what was begun and how it ended', async () => {
    const { store, delivery } = await atWork();

    expect(await store.effects.load(delivery)).toEqual({ replay: 0, effects: [] });
    const begun = await store.effects.start(delivery, 0, call);
    const ended = await store.effects.finish(delivery, 0, 'k1', {
      status: 'done',
      result: { ok: true },
      usd: 0.000_12,
    });

    expect(begun).toMatchObject({ ...call, status: 'started', result: null, attempt: 1 });
    expect(ended).toMatchObject({ id: begun.id, status: 'done', result: { ok: true } });
    expect(await store.effects.load(delivery)).toEqual({ replay: 0, effects: [ended] });
    expect(await store.effects.find(begun.id)).toMatchObject({
      trigger: 't',
      eventId: delivery.event!.id,
      usd: 0.000_12,
      tries: 1,
      endedAt: expect.any(Date) as Date,
    });
  });

  it('begins again what is not done, and never what is', async () => {
    const { store, delivery } = await atWork();
    const first = await store.effects.start(delivery, 0, call);
    await store.effects.finish(delivery, 0, 'k1', { status: 'failed', error: { code: 'e', message: 'no' } });

    const again = await store.effects.start(delivery, 0, call);
    await store.effects.finish(delivery, 0, 'k1', { status: 'done', result: 1 });

    expect(again).toMatchObject({ id: first.id, status: 'started', error: null });
    expect(await store.effects.find(first.id)).toMatchObject({ tries: 2 });
    await expect(store.effects.start(delivery, 0, call)).rejects.toThrow(StaleLease);
    expect((await store.effects.load(delivery)).effects).toMatchObject([{ status: 'done', result: 1 }]);
  });

  it('refuses a worker that lost its lease, and has changed nothing', async () => {
    const { store, delivery, claimOne } = await atWork();
    await store.effects.start(delivery, 0, call);
    await store.release([delivery]);
    const next = await claimOne();

    await expect(store.effects.start(delivery, 0, { ...call, key: 'k2' })).rejects.toThrow(StaleLease);
    await expect(store.effects.finish(delivery, 0, 'k1', { status: 'done' })).rejects.toThrow(StaleLease);

    expect((await store.effects.load(next)).effects).toMatchObject([{ key: 'k1', status: 'started' }]);
  });

  it('makes a rescue wait for a write that found its lease, so that the next worker sees it', async () => {
    const { store, delivery, claimOne } = await atWork();
    const writer = store.dataSource.createQueryRunner();
    await writer.startTransaction();
    const { eventSeq, triggerId, leaseToken } = delivery;
    const begun = JSON.stringify({ ...call, event_id: 'e', attempt: 1 });
    await writer.query('select reflex.start_effect($1, $2, $3, 0, $4)', [eventSeq, triggerId, leaseToken, begun]);

    const rescue = store.dataSource.query(`select reflex.rescue(-1, 100, 3)`);
    const waits = eventually(async () => {
      const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%reflex.rescue%'`;
      expect(await store.dataSource.query(`${waiting} and pid <> pg_backend_pid()`)).toHaveLength(1);
      return 'waits';
    });
    const early = await Promise.race([rescue, waits]);
    await writer.commitTransaction();
    await writer.release();
    await rescue;

    expect(early).toBe('waits');
    const next = await store.effects.load(await claimOne());
    expect(next.effects).toMatchObject([{ key: 'k1', status: 'started' }]);
  });

  it('lets a person end an unknown one, once', async () => {
    const { store, delivery } = await atWork();
    const by = { by: 'cli:ann', why: 'Seen in the log' };
    const keys = ['k1', 'k2'];
    for (const key of keys) {
      await store.effects.start(delivery, 0, { ...call, key, effect: 'unkeyed' });
      await store.effects.finish(delivery, 0, key, { status: 'unknown' });
    }
    const { items } = await store.effects.list({ status: 'unknown' });

    const second = await store.effects.resolve(items[0]!.id, { outcome: 'did_not_happen', ...by });
    const first = await store.effects.resolve(items[1]!.id, { outcome: 'happened', result: 'sent', ...by });

    expect(items.map(({ key }) => key)).toEqual(['k2', 'k1']);
    expect(second).toMatchObject({ status: 'failed', resolution: { outcome: 'did_not_happen', ...by } });
    expect(first).toMatchObject({ status: 'done', result: 'sent', resolution: { outcome: 'happened', ...by } });
    expect(await store.effects.resolve(items[0]!.id, { outcome: 'happened', ...by })).toBeNull();
    expect(await store.effects.resolve('nonsense', { outcome: 'happened', ...by })).toBeNull();
    expect((await store.effects.list({ status: 'unknown' })).items).toEqual([]);
  });

  it('lists by what is asked for, page by page', async () => {
    const { store, delivery } = await atWork();
    for (const key of ['a', 'b', 'c']) await store.effects.start(delivery, 0, { ...call, key });
    await store.effects.start(delivery, 0, { ...call, key: 'm', kind: 'model', effect: 'none' });

    const page = await store.effects.list({ kind: 'tool', trigger: 't', eventId: delivery.event!.id, limit: 2 });
    const rest = await store.effects.list({ kind: 'tool', limit: 2, cursor: page.nextCursor! });

    expect([...page.items, ...rest.items].map(({ key }) => key)).toEqual(['c', 'b', 'a']);
    expect(rest.nextCursor).toBeNull();
    expect((await store.effects.list({ trigger: 'nobody' })).items).toEqual([]);
    expect((await store.effects.list({ eventId: 'none' })).items).toEqual([]);
  });
});

describe('effects over the life of a delivery', () => {
  it('stay for the retry of a dead letter', async () => {
    const { store, delivery, claimOne } = await atWork();
    await store.effects.start(delivery, 0, call);
    await store.effects.finish(delivery, 0, 'k1', { status: 'done', result: 'sent' });
    await store.settle(settlement(delivery, 'dead_letter', { deadLetterReason: 'permanent' }));
    await store.deadLetters.retry(delivery.event!.id);

    const retried = await claimOne();

    expect(await store.effects.load(retried)).toMatchObject({ replay: 0, effects: [{ result: 'sent' }] });
  });

  it('are its own for each execute-replay, also when several replay at once', async () => {
    const { store, delivery, claimOne } = await atWork();
    await store.effects.start(delivery, 0, call);
    await store.settle(settlement(delivery));
    const range = { from: new Date(0), to: new Date(Date.now() + 60_000) };
    const all = { ...range, triggers: [delivery.trigger], rate: 100, stopOnFailure: false };

    const begun = await Promise.all([1, 2, 3].map(() => store.operations.beginReplay(all, 'tester')));
    await Promise.all(begun.map(({ id }) => store.operations.advance(id)));
    const replayed = await claimOne();
    const before = await store.effects.load(replayed);
    await store.effects.start(replayed, before.replay, call);

    expect(before).toEqual({ replay: 1, effects: [] });
    expect((await store.effects.load(replayed)).effects).toMatchObject([{ key: 'k1' }]);
    expect(await count(store, 'reflex.effects')).toBe(2);
  });

  it('are forgotten after the retention, but not while the delivery or its dead letter is there', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish([ticket(1), ticket(2), ticket(3)]);
    const [live, dead, done] = (await claim()).flat();
    for (const delivery of [live!, dead!, done!]) await store.effects.start(delivery, 0, call);
    await store.settle(settlement(dead!, 'dead_letter'));
    await store.settle(settlement(done!));
    const forget = (days: number) => store.dataSource.query('select reflex.forget_effects($1, 100) as count', [days]);

    expect(await forget(1)).toEqual([{ count: 0 }]);
    await store.dataSource.query(`update reflex.effects set started_at = now() - interval '2 days'`);
    expect(await forget(1)).toEqual([{ count: 1 }]);

    expect((await store.effects.load(live!)).effects).toHaveLength(1);
    expect((await store.effects.load(dead!)).effects).toHaveLength(1);
    expect((await store.effects.load(done!)).effects).toEqual([]);
  });
});
