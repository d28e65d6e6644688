import { InvalidCursor } from '../../errors';
import { settlement, storesUnderTest, ticket, trigger, worker, type OpenStore, type Stores } from './store-under-test';

describe('budgets', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  const today = () => new Date().toISOString().slice(0, 10);

  /** Uses so many dollars of a limit of one dollar a day. */
  const spend = (store: OpenStore, agent: string, usd: number, level = 'day') =>
    store.dataSource.query(`select reflex.reserve_budgets($1, gen_random_uuid(), 0, true)`, [
      JSON.stringify([{ level, agent, key: '', unit: 'usd', allowed: 1, share: 1, most: usd, least: 0 }]),
    ]);

  it('are listed from their first use on, newest first, page by page, and those of which nothing is left', async () => {
    const store = await stores.store();
    await spend(store, 'one', 0.5);
    await spend(store, '', 1, 'scope');
    await spend(store, '', 1, 'scope');

    const first = await store.budgets.list({ limit: 1 });
    const second = await store.budgets.list({ limit: 1, cursor: first.nextCursor! });
    const exhausted = await store.budgets.list({ exhausted: true });
    const ofOne = await store.budgets.list({ agent: 'one', level: 'day', day: today() });

    expect([...first.items, ...second.items]).toEqual([
      {
        id: expect.any(String),
        level: 'scope',
        agent: null,
        key: null,
        unit: 'usd',
        day: today(),
        allowed: 1,
        raised: 0,
        spent: 1,
        reserved: 0,
        exhaustedAt: expect.any(Date),
        waiting: 0,
      },
      expect.objectContaining({ agent: 'one', spent: 0.5, exhaustedAt: null }),
    ]);
    expect(second.nextCursor).toBeNull();
    expect(exhausted.items).toEqual(first.items);
    expect(ofOne.items).toEqual(second.items);
    await expect(store.budgets.list({ cursor: 'x' })).rejects.toThrow(InvalidCursor);
  });

  it('wake those that wait when they are raised', async () => {
    const { store, claimOne, claim } = await worker(stores, [trigger('t')]);
    await spend(store, 'one', 1);
    await spend(store, 'one', 1);
    const [budget] = (await store.budgets.list({})).items;
    await store.publish(ticket());
    await store.settle(settlement(await claimOne(), 'parked', { waitsFor: `budget:${budget!.id}` }));
    await store.dataSource.query('select reflex.wake_parked(10)');
    const waiting = await store.budgets.find(budget!.id);

    const raised = await store.budgets.raise(budget!.id, 2);
    await store.dataSource.query('select reflex.wake_parked(10), reflex.promote_due(10)');
    await store.dataSource.query('select reflex.promote_due(10)');

    expect(waiting).toMatchObject({ waiting: 1, exhaustedAt: expect.any(Date) });
    expect(raised).toMatchObject({ allowed: 1, raised: 2, exhaustedAt: null });
    expect(await claim()).toHaveLength(1);
  });

  it('of a day that is over cannot be raised, nor those that there are not', async () => {
    const store = await stores.store();
    await spend(store, 'one', 1);
    const [budget] = (await store.budgets.list({})).items;
    await store.dataSource.query(`update reflex.budgets set day = day - 1`);

    expect(await store.budgets.raise(budget!.id, 2)).toBeNull();
    expect(await store.budgets.raise('999999', 2)).toBeNull();
    expect(await store.budgets.raise('none', 2)).toBeNull();
    expect((await store.budgets.list({ exhausted: true })).items).toEqual([]);
  });

  it('are forgotten once nobody has used them for long', async () => {
    const store = await stores.store();
    await spend(store, 'old', 1);
    await store.dataSource.query(`update reflex.budgets set updated_at = now() - interval '31 days'`);
    await spend(store, 'new', 1);

    const [row] = await store.dataSource.query('select reflex.forget_budgets(30, 100) as count');

    expect(row.count).toBe(1);
    expect((await store.budgets.list({})).items).toMatchObject([{ agent: 'new' }]);
  });
});
