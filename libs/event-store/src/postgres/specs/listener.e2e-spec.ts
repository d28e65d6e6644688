import { eventually, startProxy } from '@reflex/test';
import { storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

const LISTENERS = `select pid from pg_stat_activity where application_name = 'reflex:listener' and datname = current_database()`;

describe('notifications', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  const hint = (store: { onWork(wake: () => void): () => void }): Promise<void> =>
    new Promise((resolve) => store.onWork(resolve));

  it('wake another process soon after a publish', async () => {
    const [publisher, { store }] = [await stores.store(), await worker(stores, [trigger('t')])];
    await eventually(async () => expect((await store.stats()).notify).toBe(true));
    const woken = hint(store);
    const startedAt = performance.now();

    await publisher.publish(ticket());
    await woken;

    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('tell every process when a run of a WebSocket event is settled', async () => {
    const [gateway, { store, claimOne }] = [await stores.store(), await worker(stores, [trigger('t')])];
    const settled = new Promise<string[]>((resolve) => gateway.onSettled(resolve));
    const [published] = await store.publish(Object.assign(ticket(), { source: 'ws:ann' }));

    await store.settle({
      delivery: await claimOne(),
      outcome: 'completed',
      run: { startedAt: new Date(), durationMs: 1 },
    });

    expect(await settled).toEqual([published!.id]);
  });

  it('D18: come at most once per 25 ms, however much is published', async () => {
    const [publisher, { store }] = [await stores.store(), await worker(stores, [trigger('t')])];
    await eventually(async () => expect((await store.stats()).notify).toBe(true));
    let hints = 0;
    store.onWork(() => (hints += 1));
    const startedAt = performance.now();

    for (let number = 0; number < 300; number += 1) await publisher.publish(ticket(number));
    const elapsedMs = performance.now() - startedAt;
    await eventually(() => expect(hints).toBeGreaterThan(0));

    expect(hints).toBeLessThanOrEqual(elapsedMs / 25 + 3);
  });

  it('D20: come back after the listening connection was killed', async () => {
    const [publisher, { store }] = [await stores.store(), await worker(stores, [trigger('t')])];
    await store.dataSource.query(`select pg_terminate_backend(pid) from (${LISTENERS}) l`);
    await eventually(async () => expect((await store.stats()).notify).toBe(true));

    await eventually(async () => {
      const woken = hint(store);
      await publisher.publish(ticket());
      await Promise.race([woken, new Promise((_, reject) => setTimeout(() => reject(new Error('no hint')), 500))]);
    });
  });

  it('are known to be away when the connection is only half open', async () => {
    const proxy = await startProxy(Number(new URL(stores.url).port));
    const store = await stores.store({ url: proxy.through(stores.url) });
    await eventually(async () => expect((await store.stats()).notify).toBe(true));

    // The pool goes through the proxy as well, so health is asked from the store's own knowledge.
    proxy.blackhole();
    const listener = (store as unknown as { listener: { healthy: boolean } }).listener;
    await eventually(() => expect(listener.healthy).toBe(false), { timeoutMs: 15_000 });
    proxy.resume();
    await eventually(() => expect(listener.healthy).toBe(true), { timeoutMs: 15_000 });
    await proxy.close();
  }, 40_000);

  it('can be off: the store says so and works', async () => {
    const { store, claim } = await worker(stores, [trigger('t')], { notify: false });

    await store.publish(ticket());

    expect(await claim()).toHaveLength(1);
    expect((await store.stats()).notify).toBe(false);
  });
});
