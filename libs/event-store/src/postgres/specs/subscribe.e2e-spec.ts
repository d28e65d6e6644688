import { PermanentError } from '@reflex/core';
import type { Received } from '../../subscription';
import { count, storesUnderTest, ticket, type OpenStore, type Stores } from './store-under-test';

const FAST = { backoff: { baseMs: 1, maxMs: 1 } };

describe('subscribing in plain code', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  /** A subscription that exists, with this many tickets waiting for it. */
  async function subscribed(tickets: number, name = 's'): Promise<OpenStore> {
    const store = await stores.store();
    const ending = new AbortController();
    const first = store.subscribe({ name, types: ['ticket.*'], signal: ending.signal }).next();
    await store.openLease().then((lease) => lease.close());
    ending.abort();
    await first;
    for (let number = 1; number <= tickets; number += 1) await store.publish(ticket(number));
    return store;
  }

  async function take(store: OpenStore, most: number, use: (received: Received) => Promise<void>, scope?: string[]) {
    const seen: number[] = [];
    for await (const received of store.subscribe({ name: 's', types: ['ticket.*'], scope, ...FAST })) {
      seen.push(received.event.payload['number'] as number);
      await use(received);
      if (seen.length === most) break;
    }
    return seen;
  }

  it('gives each event until it is acked', async () => {
    const store = await subscribed(3);

    const seen = await take(store, 3, ({ ack }) => ack({ done: true }));

    expect(seen).toEqual([1, 2, 3]);
    expect(await count(store, 'reflex.deliveries')).toBe(0);
    expect((await store.searchRuns({ trigger: 's' })).items.map(({ result }) => result)).toEqual(
      Array.from({ length: 3 }, () => ({ done: true })),
    );
  });

  it('goes on in another process where the loop was left, and gives back what was open', async () => {
    const store = await subscribed(3);
    await take(store, 2, ({ ack, event }) => (event.payload['number'] === 1 ? ack() : Promise.resolve()));
    const other = await stores.store();

    const seen = await take(other, 2, ({ ack }) => ack());

    expect(seen).toEqual([2, 3]);
  });

  it('retries a nacked event and buries it after its attempts', async () => {
    const store = await subscribed(1);

    const seen = await take(store, 3, ({ nack }) => nack(new Error('boom')));

    expect(seen).toEqual([1, 1, 1]);
    expect((await store.deadLetters.list({})).items).toMatchObject([
      { trigger: 's', reason: 'attempts_exhausted', attempts: 3, error: { message: 'boom' } },
    ]);
  });

  it('buries at once what can never succeed', async () => {
    const store = await subscribed(1);

    await take(store, 1, ({ nack }) => nack(new PermanentError('never')));

    expect((await store.deadLetters.list({})).items).toMatchObject([{ reason: 'permanent', attempts: 1 }]);
  });

  it('ends when it is told to', async () => {
    const store = await stores.store();
    const ending = new AbortController();
    const loop = (async () => {
      for await (const { ack } of store.subscribe({ name: 's', signal: ending.signal })) await ack();
      return 'over';
    })();

    ending.abort();

    expect(await loop).toBe('over');
  });
});
