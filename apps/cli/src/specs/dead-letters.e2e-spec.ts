import { HttpPayload } from '@reflex/events';
import { freshDatabase, type TestDatabase, type TestProcess } from '@reflex/test';
import { auditRows, openStore, reflexOn, startApi, startReflex, type Answer, type Store } from './cli-under-test';

jest.setTimeout(180_000);

let database: TestDatabase;
let store: Store;
let api: { url: string; process: TestProcess };
let keys: Record<'operator' | 'reader', string>;

/** A service that asks for keys and leaves the work to others. */
beforeAll(async () => {
  database = await freshDatabase();
  store = await openStore(database);
  api = await startApi(database, { ROLE: 'api', ACCESS: 'keys', DEFAULT_MODEL: 'offline:rules' });
  keys = { operator: await keyFor('dlq:write'), reader: await keyFor('events:read') };
});
afterAll(async () => {
  await api.process.kill();
  await store.close();
  await database.drop();
});

async function keyFor(scope: string): Promise<string> {
  const made = await reflexOn(database, 'keys', 'create', '--name', 'cli', '--scopes', scope, '--json');
  return (JSON.parse(made.output) as { key: string }).key;
}

/** A delivery of the service's own trigger that sent a ticket and then gave up; answers the id of its dead letter. */
async function deadLetter(): Promise<string> {
  const { id: triggerId } = (await store.triggers()).find(({ name }) => name === 'error-threshold')!;
  const lease = await store.openLease();
  const [published] = await store.publish(HttpPayload.of({ source: 'shop', payload: { message: 'It failed' } }));
  const { runs } = await store.claim([{ triggerId, slots: 1 }]);
  const delivery = runs.flat()[0]!;
  const call = { key: 'k1', kind: 'tool', name: 'open_ticket', effect: 'keyed', input: {} } as const;
  await store.effects.start(delivery, 0, call);
  await store.effects.finish(delivery, 0, 'k1', { status: 'done', result: 'INC-1' });
  const run = { startedAt: new Date(), durationMs: 1, error: { code: 'broken', message: 'It broke.' } };
  await store.settle({ delivery, outcome: 'dead_letter', deadLetterReason: 'permanent', run });
  await lease.close();
  return (await store.deadLetters.find(published!.id))[0]!.id;
}

async function reflex(key: string, ...args: string[]): Promise<Answer> {
  const child = startReflex({ DATABASE_URL: database.url, REFLEX_URL: api.url, REFLEX_API_KEY: key }, args);
  const { code } = await child.ended;
  return { code, output: child.output };
}

it('tells what a retry would do, and does nothing of it', async () => {
  const id = await deadLetter();

  const told = await reflex(keys.operator, 'dlq', 'retry', id, '--dry-run');
  const json = await reflex(keys.operator, 'dlq', 'retry', id, '--dry-run', '--json');
  const refused = await reflex(keys.reader, 'dlq', 'retry', id, '--dry-run');
  const nobody = await reflex(keys.operator, 'dlq', 'retry', 'nobody', '--dry-run');

  expect(told.code).toBe(0);
  expect(told.output).toMatch(/^error-threshold accumulated: 1 of 5 within 60s$/m);
  expect(told.output).toMatch(/^\d+ +tool +open_ticket +done +reused$/m);
  expect(JSON.parse(json.output)).toMatchObject({
    dry_run: true,
    items: [{ dead_letter_id: id, trigger: 'error-threshold', readable: true, effects: [{ name: 'open_ticket' }] }],
  });
  expect(refused).toMatchObject({ code: 1, output: expect.stringMatching(/dlq:write/) as string });
  expect(nobody).toMatchObject({
    code: 1,
    output: expect.stringMatching(/"nobody" is neither a dead letter/) as string,
  });
  expect(await store.deadLetters.find(id)).toHaveLength(1);
  expect((await auditRows(store)).filter(({ action }) => action.startsWith('dead_letter'))).toEqual([]);

  expect(await reflexOn(database, 'dlq', 'retry', id)).toMatchObject({ code: 0 });
  expect(await store.deadLetters.find(id)).toEqual([]);
});
