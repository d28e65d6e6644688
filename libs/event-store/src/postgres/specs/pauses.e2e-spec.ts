import { eventually } from '@reflex/test';
import { storesUnderTest, type Stores } from './store-under-test';

describe('pauses', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(() => stores.reset());
  afterAll(() => stores.drop());

  /** What a store of its own hears, newest last. */
  async function hearing(options: { notify?: boolean } = {}): Promise<[name: string, forMs: number][]> {
    const store = await stores.store(options);
    const heard: [string, number][] = [];
    await store.pauses.onPaused((name, forMs) => heard.push([name, forMs]));
    return heard;
  }

  it.each([true, false])('reach the other processes, with notifications: %s', async (notify) => {
    const asked = await stores.store();
    const heard = await hearing({ notify });

    await asked.pauses.ask('model:a', 60_000);

    await eventually(() => expect(heard.at(-1)?.[0]).toBe('model:a'));
    expect(heard.at(-1)![1]).toBeGreaterThan(55_000);
    expect(heard.at(-1)![1]).toBeLessThanOrEqual(60_000);
  });

  it('reach a process that starts later, until they are over', async () => {
    const asked = await stores.store();
    await asked.pauses.ask('model:over', 1);
    await asked.pauses.ask('model:b', 60_000);

    const heard = await hearing();

    await eventually(() => expect(heard).toHaveLength(1));
    expect(heard[0]![0]).toBe('model:b');
  });

  it('last as long as the longest that was asked for', async () => {
    const asked = await stores.store();
    await asked.pauses.ask('model:c', 60_000);
    await asked.pauses.ask('model:c', 1_000);

    const heard = await hearing();

    await eventually(() => expect(heard[0]?.[1]).toBeGreaterThan(50_000));
  });

  it('are forgotten a day after they were over', async () => {
    const asked = await stores.store();
    await asked.pauses.ask('model:old', 1);
    await asked.dataSource.query(`update reflex.pauses set until = now() - interval '2 days'`);

    await asked.pauses.ask('model:new', 1);

    const rows = await asked.dataSource.query<{ name: string }[]>('select name from reflex.pauses');
    expect(rows).toEqual([{ name: 'model:new' }]);
  });
});
