import { HttpPayload } from '@reflex/events';
import { freshDatabase, type TestDatabase } from '@reflex/test';
import { expectMisuse, openStore, reflexOn, registerBroken, type Store } from './cli-under-test';

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

it('tells what runs came to', async () => {
  const { id } = await registerBroken(store);
  const lease = await store.openLease();
  await store.publish(HttpPayload.of({ source: 'test', payload: {} }));
  const { runs } = await store.claim([{ triggerId: id, slots: 1 }]);
  const own = { input_tokens: 20, output_tokens: 3, cost_usd: 0.5 };
  const usage = { ...own, tool_calls: [], agents: [{ agent: 'clerk', runs: 1, duration_ms: 7, ...own }] };
  const run = { startedAt: new Date(), durationMs: 9, usage };
  await store.settle({ delivery: runs.flat()[0]!, outcome: 'completed', run });
  await lease.close();

  const table = await reflexOn(database, 'runs', 'stats', '--by', 'agent,trigger');
  const json = await reflexOn(database, 'runs', 'stats', '--from', '2d', '--by', 'day', '--json');

  expect(table.output).toMatch(/^AGENT +TRIGGER +RUNS +FAILED +TOKENS IN +OUT +USD +MEAN MS +P50 +P95$/m);
  expect(table.output).toMatch(/^clerk +broken +1 +0 +20 +3 +0\.5000 +7 +7 +7$/m);
  expect(JSON.parse(json.output)).toMatchObject({ items: [{ runs: 1, cost_usd: 0.5 }], next_cursor: null });
});

it('takes no window that is too long', async () => {
  await expectMisuse(['runs', 'stats', '--from', '40d'], /no more than 31 days/);
  await expectMisuse(['runs', 'stats', '--by', 'owner'], /--by must be one of agent, trigger, day/);
});
