import * as fc from 'fast-check';
import { containsJson } from '../../contains-json';
import { storesUnderTest, ticket, trigger, worker, type Stores } from './store-under-test';

describe('the backlog', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  it('counts what waits for each trigger, up to its bound', async () => {
    const { store } = await worker(stores, [trigger('narrow', { maxWaiting: 3 }), trigger('wide')]);
    await store.publish(Array.from({ length: 10 }, (_, n) => ticket(n)));

    const { triggers, fullSources } = await store.backlog({ perTrigger: 100, perSource: 0 });

    expect(triggers).toEqual([
      expect.objectContaining({ name: 'narrow', bound: 3, waiting: 3 }),
      expect.objectContaining({ name: 'wide', bound: 100, waiting: 10 }),
    ]);
    expect(fullSources).toEqual([]);
  });

  it('looks at no trigger without a bound, unless sources have one', async () => {
    const { store } = await worker(stores, [trigger('free')]);
    await store.publish(ticket(1));

    expect((await store.backlog({ perTrigger: 0, perSource: 0 })).triggers).toEqual([]);
    const { triggers, fullSources } = await store.backlog({ perTrigger: 0, perSource: 1 });
    expect(triggers).toEqual([expect.objectContaining({ bound: null, waiting: 1 })]);
    expect(fullSources).toEqual(['test']);
  });

  it('tells from a sample whose most of many deliveries are', async () => {
    const { store } = await worker(stores, [trigger('all')]);
    for (let batch = 0; batch < 30; batch += 1) {
      const events = Array.from({ length: 1_000 }, (_, n) => ticket(n));
      for (const [n, event] of events.entries()) event.source = n % 4 === 0 ? 'quiet' : 'noisy';
      await store.publish(events);
    }

    expect((await store.backlog({ perTrigger: 0, perSource: 15_000 })).fullSources).toEqual(['noisy']);
    expect((await store.backlog({ perTrigger: 0, perSource: 4_000 })).fullSources).toEqual(['noisy', 'quiet']);
    expect((await store.backlog({ perTrigger: 0, perSource: 29_000 })).fullSources).toEqual([]);
  });

  it('compares payloads with the match of a trigger as PostgreSQL does', async () => {
    const { store } = await worker(stores, [trigger('any')]);
    const leaf = fc.constantFrom('a', 'b', 1, 2, true, null);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('x', 'y', 'z'), tie('tree'), { maxKeys: 2 }),
      ),
    }));
    const object = fc.dictionary(fc.constantFrom('x', 'y', 'z'), tree, { maxKeys: 2 });
    const pairs = fc.sample(fc.tuple(object, object), { numRuns: 5_000, seed: 7 }) as [object, never][];

    const rows = await store.dataSource.query<{ contains: boolean }[]>(
      `select (p -> 0) @> (p -> 1) as contains
         from jsonb_array_elements($1::jsonb) with ordinality as t (p, place) order by place`,
      [JSON.stringify(pairs)],
    );

    const wrong = pairs.filter(([whole, part], n) => containsJson(whole, part) !== rows[n]!.contains);
    expect(wrong).toEqual([]);
    expect(rows.filter(({ contains }) => contains).length).toBeGreaterThan(100);
  });
});
