import type { DeadLetter } from '../../dead-letters';
import { DeliveryLive } from '../../errors';
import type { TriggerDefinition } from '../../trigger-definition';
import {
  count,
  settlement,
  storesUnderTest,
  ticket,
  trigger,
  worker,
  type Stores,
  type WorkerUnderTest,
} from './store-under-test';

/** A worker whose deliveries gave up, one for each message; tickets are numbered from 1. */
async function lettersFrom(
  stores: Stores,
  messages: string[],
  definitions: TriggerDefinition[] = [trigger('t')],
): Promise<WorkerUnderTest> {
  const under = await worker(stores, definitions);
  await under.store.publish(messages.map((_message, index) => ticket(index + 1)));
  for (let runs = await under.claim(1_000); runs.length > 0; runs = await under.claim(1_000)) {
    for (const delivery of runs.flat()) {
      const message = messages[(delivery.event!.payload['number'] as number) - 1]!;
      const run = { startedAt: new Date(), durationMs: 1, error: { code: 'boom', message } };
      await under.store.settle(settlement(delivery, 'dead_letter', { run, deadLetterReason: 'permanent' }));
    }
  }
  return under;
}

const numbersOf = (letters: DeadLetter[]): unknown[] => letters.map(({ event }) => event.payload['number']);

describe('dead letters', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it.each([
    ['Order 17 of customer 9 took 12.5 s', 'Order <n> of customer <n> took <n> s'],
    ['No row 0190a3c1-5e7b-7c11-9d5e-0242ac120002 here', 'No row <id> here'],
    ['unexpected "abc def" in \'x\'', 'unexpected <text> in <text>'],
    ["can't read user's file", "can't read user's file"],
    ['at 0xDEADBEEF, commit 3f2a91bc77', 'at <id>, commit <id>'],
    ['ord_8fk2 and req-55 failed', '<id> and <id> failed'],
    ['since 2026-01-31T12:00:00.123Z or 2026-02-01', 'since <time> or <time>'],
    ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED <n>'],
    ['GET https://x.test/orders/42?page=3 said 500', 'GET https://x.test/orders/<n>?page=<n> said <n>'],
    ['two\n  lines   and\ttabs', 'two lines and tabs'],
    ['', ''],
  ])('have the shape of "%s"', async (message, shape) => {
    const store = await stores.store();

    const [row] = await store.dataSource.query('select reflex.error_shape($1) as shape', [message]);

    expect(row.shape).toBe(shape);
  });

  it('are clustered by trigger and error shape, the largest cluster first', async () => {
    const messages = ['timeout after 3 s', 'no such user "ann"', 'timeout after 17 s', 'timeout after 5 s'];
    const { store } = await lettersFrom(stores, messages, [trigger('a'), trigger('b')]);

    const clusters = await store.deadLetters.clusters({ trigger: 'a' });
    const all = await store.deadLetters.clusters({});
    const { items } = await store.deadLetters.list({ cluster: clusters[0]!.cluster });

    expect(clusters).toMatchObject([
      { trigger: 'a', shape: 'boom: timeout after <n> s', count: 3, sample: { message: 'timeout after 5 s' } },
      { trigger: 'a', shape: 'boom: no such user <text>', count: 1 },
    ]);
    expect(clusters[0]!.sample.id).toBe(items[0]!.id);
    expect(clusters[0]!.lastAt).toEqual(items[0]!.createdAt);
    expect(clusters[0]!.firstAt).toEqual(items[2]!.createdAt);
    expect(numbersOf(items)).toEqual([4, 3, 1]);
    expect(all.map(({ trigger, count }) => `${trigger} ${count}`).sort()).toEqual(['a 1', 'a 3', 'b 1', 'b 3']);
  });

  it('are found by each filter, in lists, counts and exports alike', async () => {
    const { store } = await lettersFrom(stores, ['No 50% OFF', 'x', 'y']);
    const { items } = await store.deadLetters.list({});
    const find = async (filter: Parameters<typeof store.deadLetters.list>[0]): Promise<unknown[]> => {
      const page = await store.deadLetters.list(filter);
      const read: DeadLetter[] = [];
      for await (const letter of store.deadLetters.read(filter)) read.push(letter);
      expect(read).toEqual(page.items);
      expect(page.count).toBe(page.items.length);
      return numbersOf(page.items);
    };

    expect(await find({})).toEqual([3, 2, 1]);
    expect(await find({ text: '50% off' })).toEqual([1]);
    expect(await find({ text: '"customer": "ANN"' })).toEqual([3, 2, 1]);
    expect(await find({ text: '%' })).toEqual([1]);
    expect(await find({ reason: 'permanent', type: 'ticket.opened', trigger: 't' })).toEqual([3, 2, 1]);
    expect(await find({ reason: 'poison' })).toEqual([]);
    expect(await find({ trigger: 'nobody' })).toEqual([]);
    expect(await find({ type: "x'; drop table reflex.dead_letters; --" })).toEqual([]);
    expect(await find({ from: items[1]!.createdAt })).toEqual(expect.arrayContaining([3, 2]));
    expect(await find({ to: new Date(0) })).toEqual([]);
  });

  it('are read whole in bounded pages', async () => {
    const { store } = await lettersFrom(
      stores,
      Array.from({ length: 450 }, () => 'boom'),
    );

    const seen: unknown[] = [];
    for await (const letter of store.deadLetters.read({})) seen.push(letter.event.payload['number']);

    expect(new Set(seen).size).toBe(450);
  });

  it('are retried with the payload as edited, in the scope that it names, and keep the original through the next death', async () => {
    const { store, claimOne } = await lettersFrom(stores, ['boom'], [trigger('t', { scope: ['customer'] })]);
    const [letter] = (await store.deadLetters.list({})).items;

    const edited = await store.deadLetters.edit(letter!.id, { number: 7, customer: 'bob' }, 'key:op/abc');
    await store.deadLetters.retry(letter!.id);
    const delivery = await claimOne();
    await store.settle(settlement(delivery, 'dead_letter'));

    expect(edited).toMatchObject({ scope: 'bob', event: { payload: { number: 7, customer: 'bob' } } });
    expect(delivery).toMatchObject({ attempt: 1, scope: 'bob', event: { payload: { number: 7, customer: 'bob' } } });
    const [again] = (await store.deadLetters.list({})).items;
    expect(again!.history.map(({ outcome }) => outcome)).toEqual(['dead_letter', 'edited', 'dead_letter']);
    expect(again!.history[1]).toMatchObject({
      attempt: null,
      by: 'key:op/abc',
      payload: { number: 1, customer: 'ann' },
      error: null,
    });
    expect((await store.find(letter!.event.id))!.payload).toEqual({ number: 1, customer: 'ann' });
    expect(await store.deadLetters.edit(letter!.id, {}, 'x')).toBeNull();
    expect(await store.deadLetters.edit('nonsense', {}, 'x')).toBeNull();
  });

  it('are purged when there are as many as expected, and not otherwise', async () => {
    const { store } = await lettersFrom(stores, ['first', 'other', 'other']);
    const filter = { text: 'OTHER' };

    expect(await store.deadLetters.purge(filter, 3)).toEqual({ found: 2, deleted: 0 });
    expect(await count(store, 'reflex.dead_letters')).toBe(3);
    expect(await store.deadLetters.purge(filter, 2)).toEqual({ found: 2, deleted: 2 });
    expect(await count(store, 'reflex.dead_letters')).toBe(1);
  });
});

describe('retrying many', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  /** Takes steps, without waiting for their time, until the operation has ended or the limit is reached. */
  async function advance({ store }: WorkerUnderTest, id: string, steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      await store.dataSource.query('update reflex.operations set next_at = now()');
      if ((await store.operations.advance(id)).nextInMs === null) return;
    }
  }

  it('begins with one, has no more under way than have succeeded, and stops when one gives up again', async () => {
    const under = await lettersFrom(
      stores,
      Array.from({ length: 20 }, () => 'boom'),
    );
    const { store, claim } = under;
    const request = { filter: {}, limit: null, rate: 1_000, stopOnFailure: true };
    const { id } = await store.operations.beginRetry(request, 'tester');

    const given: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      await advance(under, id, 5);
      const deliveries = (await claim()).flat();
      given.push(deliveries.length);
      const last = round === 3;
      for (const [index, delivery] of deliveries.entries()) {
        await store.settle(settlement(delivery, last && index === 0 ? 'dead_letter' : 'completed'));
      }
    }
    await advance(under, id, 5);

    expect(given).toEqual([1, 1, 2, 4]);
    expect(await store.operations.find(id)).toMatchObject({
      status: 'stopped',
      actor: 'tester',
      total: 20,
      done: 8,
      succeeded: 7,
      failed: 1,
      waiting: 0,
      reason: 'A delivery gave up again; the rest was left alone.',
      endedAt: expect.any(Date),
    });
    expect(await count(store, 'reflex.dead_letters')).toBe(13);
    expect(await claim()).toEqual([]);
  });

  it('takes the oldest up to the limit, once each, and is done when all have ended', async () => {
    const under = await lettersFrom(
      stores,
      Array.from({ length: 10 }, () => 'boom'),
    );
    const { store, claim } = under;
    const request = { filter: { text: 'boom' }, limit: 6, rate: 50, stopOnFailure: false };
    const { id } = await store.operations.beginRetry(request, 'tester');

    await advance(under, id, 3);
    const deliveries = (await claim()).flat();
    const between = await store.operations.find(id);
    for (const delivery of deliveries) await store.settle(settlement(delivery, 'dead_letter'));
    await advance(under, id, 5);

    expect(deliveries.map(({ event }) => event!.payload['number'])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(between).toMatchObject({ status: 'running', total: 6, done: 6, waiting: 6 });
    expect(await store.operations.find(id)).toMatchObject({ status: 'done', done: 6, failed: 6, waiting: 0 });
    expect(await count(store, 'reflex.dead_letters')).toBe(10);
    expect((await store.operations.list()).map((operation) => operation.id)).toEqual([id]);
  });

  it('does not take again what died meanwhile, though it hoped for more', async () => {
    const under = await lettersFrom(stores, ['a', 'b', 'c']);
    const { deadLetters, operations } = under.store;
    const { id } = await operations.beginRetry({ filter: {}, limit: null, rate: 10, stopOnFailure: false }, 'tester');
    await advance(under, id, 1);
    await under.store.settle(settlement(await under.claimOne(), 'dead_letter'));
    const { items } = await deadLetters.list({ text: 'c' });
    await deadLetters.delete(items.find(({ error }) => error.message === 'c')!.id);

    await advance(under, id, 2);
    await under.store.settle(settlement(await under.claimOne()));
    await advance(under, id, 2);

    expect(await operations.find(id)).toMatchObject({
      status: 'done',
      total: 3,
      done: 2,
      succeeded: 1,
      failed: 1,
    });
  });

  it('can be stopped, and says by whom', async () => {
    const under = await lettersFrom(stores, ['a', 'b']);
    const { operations } = under.store;
    const { id } = await operations.beginRetry({ filter: {}, limit: null, rate: 1, stopOnFailure: false }, 'tester');
    await advance(under, id, 1);

    const stopped = await operations.stop(id, 'key:op/abc');

    expect(stopped).toMatchObject({ status: 'stopped', done: 1, waiting: 1, reason: 'Stopped by key:op/abc.' });
    expect(await operations.advance(id)).toEqual({ nextInMs: null });
    expect(await count(under.store, 'reflex.dead_letters')).toBe(1);
    expect(await operations.stop('nonsense', 'x')).toBeNull();
    expect(await operations.advance('00000000-0000-0000-0000-000000000000')).toEqual({ nextInMs: null });
  });

  it('is found by another process when its own has ended', async () => {
    const under = await lettersFrom(stores, ['a']);
    const { operations, dataSource } = under.store;
    const { id } = await operations.beginRetry({ filter: {}, limit: null, rate: 1, stopOnFailure: false }, 'tester');
    const other = await stores.store();

    expect(await other.operations.abandoned()).toEqual([]);
    await dataSource.query(`update reflex.operations set next_at = now() - interval '5 s'`);
    expect(await other.operations.abandoned()).toEqual([id]);
    await other.operations.advance(id);
    expect(await other.operations.abandoned()).toEqual([]);
    expect(await under.claim()).toHaveLength(1);
  });

  it('keeps an edit while its delivery is live again by a replay', async () => {
    const under = await lettersFrom(stores, ['boom', 'boom']);
    const { store, claimOne } = under;
    const { items } = await store.deadLetters.list({});
    const letter = items.find(({ event }) => event.payload['number'] === 1)!;
    await store.deadLetters.edit(letter.id, { number: 7, customer: 'bob' }, 'ann');
    const range = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 60_000) };
    const again = { ...range, triggers: ['t'], rate: 100, stopOnFailure: false };
    const { id } = await store.operations.beginReplay(again, 'ann');
    await store.operations.advance(id);

    await expect(store.deadLetters.retry(letter.id)).rejects.toThrow(DeliveryLive);
    const request = { filter: {}, limit: null, rate: 1_000, stopOnFailure: false };
    const { id: many } = await store.operations.beginRetry(request, 'ann');
    await store.operations.advance(many);

    // The other one, which nobody edited, is live as it was.
    expect((await store.deadLetters.list({})).items.map((left) => left.id)).toEqual([letter.id]);
    for (const _ of [1, 2]) await store.settle(settlement(await claimOne()));
    await store.dataSource.query('update reflex.operations set next_at = now()');
    await store.operations.advance(many);
    expect((await claimOne()).event!.payload).toEqual({ number: 7, customer: 'bob' });
    expect((await store.deadLetters.list({})).items).toEqual([]);
  });
});
