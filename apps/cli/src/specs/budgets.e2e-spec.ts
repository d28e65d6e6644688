import { freshDatabase, type TestDatabase } from '@reflex/test';
import { auditRows, expectMisuse, openStore, reflexOn, type Store } from './cli-under-test';

jest.setTimeout(180_000);

let database: TestDatabase;
let store: Store;

beforeEach(async () => {
  database = await freshDatabase();
  store = await openStore(database);
});
afterEach(async () => {
  await store.close();
  await database.drop();
});

it('lists and raises', async () => {
  const wish = { level: 'scope', agent: '', key: 'customer:7', unit: 'usd', allowed: 2, share: 1, most: 2.5, least: 0 };
  for (let times = 0; times < 2; times += 1) {
    await store.dataSource.query('select reflex.reserve_budgets($1, gen_random_uuid(), 0, true)', [
      JSON.stringify([wish]),
    ]);
  }
  const [{ id } = { id: '' }] = (await store.budgets.list({})).items;

  const listed = await reflexOn(database, 'budgets', 'list', '--exhausted');
  const raised = await reflexOn(database, 'budgets', 'raise', id, '--by', '3.5', '--why', 'Agreed.');
  const json = await reflexOn(database, 'budgets', 'list', '--level', 'scope', '--json');
  const none = await reflexOn(database, 'budgets', 'raise', '999', '--by', '1', '--why', 'x');

  expect(listed.output).toMatch(
    new RegExp(`^${id} +\\(all\\) +scope customer:7 +[\\d-]{10} +usd +2 +0 +2\\.5 +0 +0$`, 'm'),
  );
  expect(raised).toEqual({ code: 0, output: 'It is 5.5 usd now; 2.5 are used.' });
  expect(JSON.parse(json.output)).toMatchObject({ items: [{ id, raised: 3.5, exhausted_at: null }] });
  expect(none).toMatchObject({ code: 1, output: expect.stringContaining('There is no budget "999"') as string });
  expect(await auditRows(store)).toMatchObject([
    { action: 'budget.raise', target: id, reason: 'Agreed.', outcome: 'done', details: { by: 3.5, key: 'customer:7' } },
  ]);
});

it('wants to know by how much, and why', async () => {
  await expectMisuse(['budgets', 'raise', '1', '--why', 'x'], /--by/);
  await expectMisuse(['budgets', 'raise', '1', '--by', '5'], /--why/);
  await expectMisuse(['budgets', 'raise', '1', '--by', '-5', '--why', 'x'], /--by must be a number/);
  await expectMisuse(['budgets', 'list', '--day', 'today'], /--day must be a date/);
});
