import { freshDatabase, type TestDatabase } from '@reflex/test';
import { auditRows, expectMisuse, openStore, reflexOn, registerBroken, type Store } from './cli-under-test';
import { HttpPayload } from '@reflex/events';

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

const reflex = (...args: string[]) => reflexOn(database, ...args);

/** So many calls that nobody knows the end of; answers their ids. */
async function unknownEffects(count: number): Promise<string[]> {
  const { id } = await registerBroken(store);
  await store.openLease();
  await store.publish(HttpPayload.of({ source: 'test', payload: {} }));
  const { runs } = await store.claim([{ triggerId: id, slots: 1 }]);
  const [delivery] = runs.flat();
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const call = { key: `k${n}`, kind: 'tool', name: 'pay', effect: 'unkeyed', input: { cents: n } } as const;
    await store.effects.start(delivery!, 0, call);
    ids.push((await store.effects.finish(delivery!, 0, call.key, { status: 'unknown' })).id);
  }
  return ids;
}

it('lists, shows and resolves effects that nobody knows the end of', async () => {
  const [first, second] = await unknownEffects(2);

  const listed = await reflex('effects', 'list', '--status', 'unknown');
  const shown = await reflex('effects', 'show', first!);
  const happened = ['effects', 'resolve', first!, '--happened', '--result', '{"receipt":7}', '--why', 'In the books.'];
  const done = await reflex(...happened);
  const again = await reflex(...happened);
  const failed = await reflex('effects', 'resolve', second!, '--did-not-happen', '--why', 'Not there.', '--json');

  expect(listed.output).toMatch(new RegExp(`^${second} +tool +pay +unknown +broken`, 'm'));
  expect(JSON.parse(shown.output)).toMatchObject({ id: first, input: { cents: 0 }, status: 'unknown' });
  expect(done).toEqual({ code: 0, output: '"pay" counts as done.' });
  expect(again).toMatchObject({ code: 1, output: expect.stringMatching(/is done: cli:.* said "happened"/) as string });
  expect(JSON.parse(failed.output)).toMatchObject({ id: second, status: 'failed' });
  expect(await store.effects.find(first!)).toMatchObject({ status: 'done', result: { receipt: 7 } });
  expect(await auditRows(store)).toMatchObject([
    { action: 'effect.resolve', target: first, reason: 'In the books.', outcome: 'done' },
    { action: 'effect.resolve', target: first, outcome: 'failed' },
    { action: 'effect.resolve', target: second, reason: 'Not there.', outcome: 'done' },
  ]);
});

it('wants to know what a person means', async () => {
  await expectMisuse(['effects', 'resolve', '1', '--why', 'x'], /either --happened or --did-not-happen/);
  await expectMisuse(['effects', 'resolve', '1', '--happened', '--result', '{', '--why', 'x'], /--result must be JSON/);
  await expectMisuse(['effects', 'resolve', '1', '--happened'], /--why/);
  await expectMisuse(['effects', 'list', '--status', 'lost'], /--status must be one of started, done/);
});
