import type { ApprovalRequest, NewEffect } from '@reflex/core';
import type { OwnRequest } from '../../approvals';
import { ApprovalNotUsable, StaleLease } from '../../errors';
import { settlement, storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

const HOUR_MS = 3_600_000;
const wish: ApprovalRequest = {
  key: 'k1',
  agent: 'clerk',
  tool: 'refund',
  argsHash: 'abc',
  input: { amount: 50 },
  people: 2,
  withinMs: HOUR_MS,
};
const effect: NewEffect = { key: 'k1', kind: 'tool', name: 'refund', effect: 'unkeyed', argsHash: 'abc' };

let stores: Stores;
beforeAll(async () => (stores = await storesUnderTest()));
beforeEach(() => stores.reset());
afterAll(() => stores.drop());

/** A worker with one delivery in work. */
async function atWork() {
  const working = await worker(stores, [trigger('t')]);
  await working.store.publish(ticket());
  const delivery = await working.claimOne();
  const { approvals, effects } = working.store;
  const say = async (id: string, by: string, decision: 'approved' | 'denied' = 'approved') =>
    (await approvals.decide(id, { decision, by, why: `${by} says so` }))!;
  const age = (by: string) =>
    working.store.dataSource.query(`update reflex.approvals set expires_at = expires_at - interval '${by}'`);
  return { ...working, delivery, approvals, effects, say, age };
}

describe('approvals', () => {
  it('are one request however often it is made, and another for other arguments or another call', async () => {
    const { approvals, delivery } = await atWork();

    const first = await approvals.request(delivery, 0, wish);
    const again = await approvals.request(delivery, 0, wish);
    const others = await Promise.all([
      approvals.request(delivery, 0, { ...wish, argsHash: 'other' }),
      approvals.request(delivery, 0, { ...wish, key: 'k2' }),
      approvals.request(delivery, 1, wish),
    ]);

    expect(first).toMatchObject({ status: 'pending', people: 2, decisions: [] });
    expect(again.id).toBe(first.id);
    expect(first.expiresInMs).toBeGreaterThan(HOUR_MS - 60_000);
    expect(new Set([first, ...others].map(({ id }) => id)).size).toBe(4);
    expect(await approvals.find(first.id)).toMatchObject({ trigger: 't', tool: 'refund', input: { amount: 50 } });
  });

  it('need so many different people', async () => {
    const { approvals, delivery, say } = await atWork();
    const { id } = await approvals.request(delivery, 0, wish);

    const ann = await say(id, 'ann');
    const annAgain = await say(id, 'ann');
    const bob = await say(id, 'bob');
    const late = await say(id, 'cid');

    expect(ann).toMatchObject({ refusal: null, approval: { status: 'pending' } });
    expect(annAgain).toMatchObject({ refusal: 'same_person', approval: { status: 'pending' } });
    expect(bob).toMatchObject({ refusal: null, approval: { status: 'approved' } });
    expect(bob.approval.decisions).toMatchObject([{ by: 'ann', decision: 'approved' }, { by: 'bob' }]);
    expect(late.refusal).toBe('decided');
    expect(await approvals.request(delivery, 0, wish)).toMatchObject({ id, status: 'approved' });
  });

  it('count the words of two people who speak at the same time', async () => {
    const { approvals, delivery, say } = await atWork();
    const { id } = await approvals.request(delivery, 0, wish);

    await Promise.all(['ann', 'ann', 'bob', 'ann'].map((by) => say(id, by)));

    const { status, decisions } = (await approvals.find(id))!;
    expect(status).toBe('approved');
    expect(decisions.map(({ by }) => by).sort()).toEqual(['ann', 'bob']);
  });

  it('are ended by one who denies, also one who had agreed; asked again, the answer stays until its time is up', async () => {
    const { approvals, delivery, say, age } = await atWork();
    const { id } = await approvals.request(delivery, 0, wish);
    await say(id, 'ann');

    const denied = await say(id, 'ann', 'denied');
    const asked = await approvals.request(delivery, 0, wish);
    await age('2 hours');
    const later = await approvals.request(delivery, 0, wish);

    expect(denied).toMatchObject({ refusal: null, approval: { status: 'denied' } });
    expect(asked).toMatchObject({ id, status: 'denied' });
    expect(later).toMatchObject({ status: 'pending' });
    expect(later.id).not.toBe(id);
  });

  it('expire, with or without a decision', async () => {
    const { approvals, effects, delivery, say, age } = await atWork();
    const { id } = await approvals.request(delivery, 0, { ...wish, people: 1 });
    const other = await approvals.request(delivery, 0, { ...wish, key: 'k2' });
    await say(id, 'ann');
    await age('2 hours');

    expect((await approvals.list({ status: 'expired' })).items).toHaveLength(2);
    expect((await say(other.id, 'ann')).refusal).toBe('expired');
    await expect(effects.start(delivery, 0, { ...effect, approval: id })).rejects.toThrow(ApprovalNotUsable);
    expect(await approvals.request(delivery, 0, wish)).toMatchObject({ id, status: 'expired' });
    expect(await approvals.request(delivery, 0, wish)).toMatchObject({ status: 'pending' });
  });

  it('are used once, by exactly the call that they are for', async () => {
    const { approvals, effects, delivery, say } = await atWork();
    const { id } = await approvals.request(delivery, 0, wish);
    const start = (change: Partial<NewEffect> = {}, replay = 0) =>
      effects.start(delivery, replay, { ...effect, approval: id, ...change });

    await expect(start()).rejects.toThrow(ApprovalNotUsable);
    await say(id, 'ann');
    await expect(start()).rejects.toThrow(ApprovalNotUsable);
    await say(id, 'bob');
    await expect(start({ argsHash: 'changed' })).rejects.toThrow(ApprovalNotUsable);
    await expect(start({ key: 'k2' })).rejects.toThrow(ApprovalNotUsable);
    await expect(start({}, 1)).rejects.toThrow(ApprovalNotUsable);
    expect((await effects.load(delivery)).effects).toEqual([]);

    expect(await start()).toMatchObject({ status: 'started' });
    expect(await approvals.find(id)).toMatchObject({ status: 'used', usedAt: expect.any(Date) as Date });
    await expect(start()).rejects.toThrow(ApprovalNotUsable);
  });

  it('hold for the call that was begun with them, and for no further one', async () => {
    const { approvals, effects, delivery, say } = await atWork();
    const { id } = await approvals.request(delivery, 0, { ...wish, people: 1 });
    await say(id, 'ann');
    await effects.start(delivery, 0, { ...effect, approval: id });

    expect(await approvals.request(delivery, 0, { ...wish, continuing: true })).toMatchObject({ id, status: 'used' });
    expect(await approvals.request(delivery, 0, wish)).toMatchObject({ status: 'pending' });
  });

  it('put a refused call on record without beginning it', async () => {
    const { effects, delivery } = await atWork();

    const refused = { code: 'approval_denied', message: 'No.', told: true };
    const recorded = await effects.start(delivery, 0, { ...effect, refused });

    expect(recorded).toMatchObject({ status: 'failed', error: refused });
  });

  it('are asked for only under the lease', async () => {
    const { approvals, delivery, store } = await atWork();
    await store.release([delivery]);

    await expect(approvals.request(delivery, 0, wish)).rejects.toThrow(StaleLease);
    expect((await approvals.list({})).items).toEqual([]);
  });

  it('are listed by what is asked for, page by page', async () => {
    const { approvals, delivery, say } = await atWork();
    const keys = ['a', 'b', 'c'];
    for (const key of keys) await approvals.request(delivery, 0, { ...wish, key });
    const { items, nextCursor } = await approvals.list({ tool: 'refund', trigger: 't', limit: 2 });
    await say(items[0]!.id, 'ann', 'denied');

    expect((await approvals.list({ limit: 2, cursor: nextCursor! })).items).toHaveLength(1);
    expect((await approvals.list({ status: 'pending' })).items).toHaveLength(2);
    expect((await approvals.list({ status: 'denied' })).items).toMatchObject([{ id: items[0]!.id }]);
    expect((await approvals.list({ tool: 'other' })).items).toEqual([]);
    expect(await approvals.find('none')).toBeNull();
    expect(await approvals.decide('999', { decision: 'approved', by: 'ann', why: null })).toBeNull();
  });

  it('are forgotten after the retention, but not while the delivery is there', async () => {
    const { approvals, delivery, store } = await atWork();
    await approvals.request(delivery, 0, wish);
    await store.dataSource.query(`update reflex.approvals set requested_at = now() - interval '2 days'`);
    const forget = () => store.dataSource.query('select reflex.forget_approvals(1, 100) as count');

    expect(await forget()).toEqual([{ count: 0 }]);
    await store.settle(settlement(delivery));
    expect(await forget()).toEqual([{ count: 1 }]);
  });
});

describe('approvals outside of a run', () => {
  const own: OwnRequest = { ...wish, people: 1, by: 'key:bot', ownWord: false };

  /** A dead letter; answers its id. */
  async function letter() {
    const { store, delivery, ...rest } = await atWork();
    await store.settle(settlement(delivery, 'dead_letter', { deadLetterReason: 'permanent' }));
    const [found] = (await store.deadLetters.list({})).items;
    return { ...rest, store, delivery, letterId: found!.id };
  }

  it('are one request however often it is made at once, and of nobody once the dead letter is gone', async () => {
    const { approvals, letterId, store, delivery } = await letter();

    const made = await Promise.all(Array.from({ length: 5 }, () => approvals.requestFor(letterId, own)));
    await store.deadLetters.delete(letterId);

    expect(new Set(made.map((approval) => approval!.id)).size).toBe(1);
    expect(made[0]).toMatchObject({
      requestedBy: 'key:bot',
      eventId: delivery.event!.id,
      trigger: 't',
      status: 'pending',
    });
    expect(await approvals.requestFor(letterId, own)).toBeNull();
  });

  it('cannot be given by who asked, unless that is allowed', async () => {
    const { approvals, letterId, say } = await letter();
    const strict = await approvals.requestFor(letterId, own);
    const loose = await approvals.requestFor(letterId, { ...own, key: 'k2', ownWord: true });

    expect((await say(strict!.id, 'key:bot')).refusal).toBe('own_request');
    expect((await say(loose!.id, 'key:bot')).approval.status).toBe('approved');
    expect((await say(strict!.id, 'key:bot', 'denied')).approval.status).toBe('denied');
  });

  it('are used once, and not when they are not given or too old', async () => {
    const { approvals, letterId, say, age } = await letter();
    const { id } = (await approvals.requestFor(letterId, own))!;
    const late = (await approvals.requestFor(letterId, { ...own, key: 'k2' }))!;

    const tooEarly = await approvals.use(id);
    await say(id, 'ann');
    const uses = await Promise.all(Array.from({ length: 5 }, () => approvals.use(id)));
    await say(late.id, 'ann');
    await age('2 hours');

    expect(tooEarly).toBe(false);
    expect(uses.filter(Boolean)).toHaveLength(1);
    expect(await approvals.use(late.id)).toBe(false);
    expect((await approvals.requestFor(letterId, own))!.id).not.toBe(id);
  });
});
