import { InvalidCursor, UnknownTrigger } from '../../errors';
import { settlement, storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

describe('looking at the store', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it('D28: gives the newest events first, page by page, none twice and none left out', async () => {
    const store = await stores.store();
    await store.publish(Array.from({ length: 25 }, (_, index) => ticket(index)));

    const seen: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.search({ limit: 10, cursor });
      seen.push(...page.items.map(({ payload }) => payload['number']));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);

    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => 24 - index));
  });

  it('finds by type and source globs and by time', async () => {
    const store = await stores.store();
    const from = new Date(Date.now() - 1_000);
    await store.publish([ticket(1), Object.assign(ticket(2), { source: 'web:shop_1%' })]);

    const find = async (search: object) => (await store.search(search)).items.map(({ payload }) => payload['number']);

    expect(await find({ types: ['ticket.*'], sources: ['web:*'] })).toEqual([2]);
    expect(await find({ sources: ['web:shop_1%'] })).toEqual([2]);
    expect(await find({ sources: ['web:shopX1%'] })).toEqual([]);
    expect(await find({ types: ['other'] })).toEqual([]);
    expect(await find({ from, order: 'oldest' })).toEqual([1, 2]);
    expect(await find({ to: from })).toEqual([]);
  });

  it.each(['nonsense', '', 'MTIzLjE7IGRyb3AgdGFibGU', '0'])('refuses the cursor "%s"', async (cursor) => {
    const store = await stores.store();

    await expect(store.search({ cursor })).rejects.toThrow(InvalidCursor);
    await expect(store.deadLetters.list({ cursor })).rejects.toThrow(InvalidCursor);
  });

  it('reads the whole log in order', async () => {
    const store = await stores.store();
    await store.publish(Array.from({ length: 1_200 }, (_, index) => ticket(index)));

    const seen: unknown[] = [];
    for await (const event of store.read({ types: ['ticket.*'] })) seen.push(event.payload['number']);

    expect(seen).toEqual(Array.from({ length: 1_200 }, (_, index) => index));
  });

  it('D38: keeps what a run returned, used and why it said no', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish([ticket(1), ticket(2)]);
    const [first, second] = (await claim()).flat();
    const usage = {
      model: 'm',
      input_tokens: 3,
      output_tokens: 4,
      tool_calls: [{ tool: 'x', input: {}, output: 'y', duration_ms: 1 }],
    };
    const run = { startedAt: new Date(), durationMs: 12.5 };
    await store.settle({ delivery: first!, outcome: 'completed', run: { ...run, result: { ok: true }, usage } });
    await store.settle({ delivery: second!, outcome: 'filtered', run: { ...run, reason: 'keyword: none of error' } });

    const page = await store.searchRuns({ trigger: 't', limit: 1 });
    const rest = await store.searchRuns({ trigger: 't', limit: 1, cursor: page.nextCursor! });

    expect(page.items).toMatchObject([{ outcome: 'filtered', reason: 'keyword: none of error', attempt: 1 }]);
    expect(rest.items).toMatchObject([{ outcome: 'completed', result: { ok: true }, usage, durationMs: 12.5 }]);
    expect(await store.findRun(page.items[0]!.id)).toEqual(page.items[0]);
    expect(await store.findRun('999999')).toBeNull();
    expect((await store.find(first!.event!.id))!.deliveries).toMatchObject([{ trigger: 't', status: 'completed' }]);
  });

  it('D29: keeps error, attempts and history of a dead letter, finds it by either id, and deletes it', async () => {
    const { store, claimOne } = await worker(stores, [trigger('t')]);
    const [published] = await store.publish(ticket(1));
    await store.settle(settlement(await claimOne(), 'dead_letter', { deadLetterReason: 'permanent' }));

    const { count: total, items } = await store.deadLetters.list({ trigger: 't', type: 'ticket.opened' });

    expect(total).toBe(1);
    expect(items[0]).toMatchObject({
      trigger: 't',
      reason: 'permanent',
      error: { code: 'boom', message: 'boom' },
      attempts: 1,
      history: [{ attempt: 1, outcome: 'dead_letter', error: 'boom' }],
      event: { id: published!.id, payload: { number: 1 } },
      createdAt: expect.any(Date),
    });
    expect(await store.deadLetters.find(published!.id)).toEqual(await store.deadLetters.find(items[0]!.id));
    expect((await store.find(published!.id))!.deliveries).toMatchObject([{ status: 'dead_letter', error: 'boom' }]);
    expect(await store.deadLetters.delete(items[0]!.id)).toBe(1);
    expect(await store.deadLetters.find(items[0]!.id)).toEqual([]);
  });

  it('gives a dead letter back to its trigger, from its own copy when history is gone', async () => {
    const { store, claimOne } = await worker(stores, [trigger('t', { scope: ['customer'] })]);
    await store.publish(ticket(1));
    await store.settle(settlement(await claimOne(), 'dead_letter'));
    await store.dataSource.query('truncate reflex.events');
    const [letter] = (await store.deadLetters.list({})).items;

    const answers = await Promise.all([store.deadLetters.retry(letter!.id), store.deadLetters.retry(letter!.id)]);

    expect(answers.toSorted((a, b) => a - b)).toEqual([0, 1]);
    expect(await claimOne()).toMatchObject({ attempt: 1, scope: 'ann', event: { payload: { number: 1 } } });
  });

  it('pages through dead letters', async () => {
    const { store, claim } = await worker(stores, [trigger('t')]);
    await store.publish(Array.from({ length: 5 }, (_, index) => ticket(index)));
    for (const delivery of (await claim()).flat()) await store.settle(settlement(delivery, 'dead_letter'));

    const first = await store.deadLetters.list({ limit: 3 });
    const second = await store.deadLetters.list({ limit: 3, cursor: first.nextCursor! });

    const seen = [...first.items, ...second.items].map(({ event }) => event.payload['number']);
    expect(seen).toEqual([4, 3, 2, 1, 0]);
    expect(second.nextCursor).toBeNull();
  });

  it('counts for health', async () => {
    const { store, claim } = await worker(stores, [trigger('t', { scope: ['customer'] })]);
    await store.publish([ticket(1), ticket(2), ticket(3, 'bob')]);
    await claim(1);

    expect(await store.stats()).toMatchObject({ pending: 2, processing: 2, deadLetters: 0, liveWorkers: 1, stuck: 0 });
  });

  it('says so when a trigger to pause does not exist', async () => {
    await expect((await stores.store()).setPaused('nobody', true)).rejects.toThrow(UnknownTrigger);
  });
});
