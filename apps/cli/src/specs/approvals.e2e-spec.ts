import { HttpPayload } from '@reflex/events';
import { freshDatabase, type TestDatabase } from '@reflex/test';
import { auditRows, expectMisuse, openStore, reflexOn, registerBroken, startApi, type Store } from './cli-under-test';

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

/** A call that so many people have to agree to; answers the id. */
async function asked(key: string, people: number): Promise<string> {
  const { id } = await registerBroken(store);
  await store.openLease();
  await store.publish(HttpPayload.of({ source: 'test', payload: {} }));
  const { runs } = await store.claim([{ triggerId: id, slots: 1 }]);
  const wish = { key, agent: 'clerk', tool: 'refund', argsHash: 'a', input: { cents: 5 }, people, withinMs: 60_000 };
  return (await store.approvals.request(runs.flat()[0]!, 0, wish)).id;
}

it('lists, shows, approves and denies', async () => {
  const [one, two] = [await asked('k1', 1), await asked('k2', 2)];

  const listed = await reflex('approvals', 'list', '--status', 'pending');
  const shown = await reflex('approvals', 'show', one);
  const approved = await reflex('approvals', 'approve', one, '--why', 'Seen.');
  const half = await reflex('approvals', 'approve', two);
  const twice = await reflex('approvals', 'approve', two);
  const denied = await reflex('approvals', 'deny', two, '--why', 'Too much.', '--json');

  expect(listed.output).toMatch(new RegExp(`^${two} +refund +pending +0/2 +clerk +broken`, 'm'));
  expect(JSON.parse(shown.output)).toMatchObject({ id: one, input: { cents: 5 }, status: 'pending' });
  expect(approved).toEqual({ code: 0, output: '"refund" may be called now.' });
  expect(half).toEqual({ code: 0, output: '1 of 2 have agreed.' });
  expect(twice).toMatchObject({
    code: 1,
    output: expect.stringContaining('needs 2 different people; 1 have') as string,
  });
  expect(JSON.parse(denied.output)).toMatchObject({ id: two, status: 'denied' });
  expect(await auditRows(store)).toMatchObject([
    { action: 'approval.approve', target: one, reason: 'Seen.', outcome: 'done' },
    { action: 'approval.approve', target: two, outcome: 'done' },
    { action: 'approval.approve', target: two, outcome: 'failed' },
    { action: 'approval.deny', target: two, reason: 'Too much.', outcome: 'done' },
  ]);
});

it('counts the words of different people, over HTTP and here, and none twice', async () => {
  const id = await asked('k1', 3);
  const api = await startApi(database, { ROLE: 'api', ACCESS: 'keys', DEFAULT_MODEL: 'offline:rules' });
  const keyOf = async (name: string): Promise<string> => {
    const made = await reflex('keys', 'create', '--name', name, '--scopes', 'approvals:write', '--json');
    return (JSON.parse(made.output) as { key: string }).key;
  };
  const approve = async (key: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const answer = await fetch(`${api.url}/approvals/${id}/approve`, { method: 'POST', headers, body: '{}' });
    const body = (await answer.json()) as { status?: string; error?: { code: string } };
    return body.status ?? body.error!.code;
  };
  try {
    const [ann, bob] = [await keyOf('ann'), await keyOf('bob')];

    const over = [await approve(ann), await approve(ann), await approve(bob), await approve(bob)];
    const here = [await reflex('approvals', 'approve', id), await reflex('approvals', 'approve', id)];

    expect(over).toEqual(['pending', 'approval_same_person', 'pending', 'approval_same_person']);
    expect(here[0]).toEqual({ code: 0, output: '"refund" may be called now.' });
    expect(here[1]).toMatchObject({ code: 1, output: expect.stringContaining('is approved already') as string });
    const { decisions } = (await store.approvals.find(id))!;
    const people = [/^key:ann\//, /^key:bob\//, /^cli:/].map((by) => ({ by: expect.stringMatching(by) as string }));
    expect(decisions).toMatchObject(people);
  } finally {
    await api.process.kill();
  }
});

it('wants to know why something is denied', async () => {
  await expectMisuse(['approvals', 'deny', '1'], /--why/);
  await expectMisuse(['approvals', 'list', '--status', 'maybe'], /--status must be one of pending, approved/);
});
