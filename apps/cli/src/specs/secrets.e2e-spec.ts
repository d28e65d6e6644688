import { freshDatabase, startProcess, type TestDatabase, type TestProcess } from '@reflex/test';
import { type Answer, auditRows, expectMisuse, openStore, startApi, type Store } from './cli-under-test';

jest.setTimeout(120_000);

const VALUE = 'cli-canary-0123456789';
const KEYS = [1, 2].map((n) => `k${n}=${Buffer.alloc(32, n).toString('base64')}`);

let database: TestDatabase;
let store: Store;
let api: { url: string; process: TestProcess };

beforeAll(async () => {
  database = await freshDatabase();
  store = await openStore(database);
  api = await startApi(database, { SECRETS_KEYS: KEYS[0]!, DEFAULT_MODEL: 'offline:rules' });
});
afterAll(async () => {
  await api.process.kill();
  await store.close();
  await database.drop();
});

async function secrets(args: string[], input?: string): Promise<Answer> {
  const env = { REFLEX_URL: api.url, DATABASE_URL: 'postgres://127.0.0.1:1/none' };
  const child = startProcess('apps/cli/src/main.ts', { args: ['secrets', ...args], env, input });
  const { code } = await child.ended;
  return { code, output: child.output };
}

it('stores what is piped in, tells of it, seals it anew and deletes it, and never shows it', async () => {
  const set = await secrets(['set', 'BILLING_TOKEN', '--reason', 'New system.'], `${VALUE}\n`);
  const list = await secrets(['list']);
  const json = await secrets(['list', '--json']);
  await api.process.kill();
  api = await startApi(database, { SECRETS_KEYS: KEYS.toReversed().join(','), DEFAULT_MODEL: 'offline:rules' });
  const rotated = await secrets(['rotate']);
  const deleted = await secrets(['delete', 'BILLING_TOKEN', '--reason', 'Gone.']);
  const none = await secrets(['list']);

  expect(set).toEqual({
    code: 0,
    output: 'Stored BILLING_TOKEN. Tools know it within a second; nobody can read it again.',
  });
  expect(list.output).toMatch(/^NAME +KEY +USABLE +CREATED +UPDATED +BY\nBILLING_TOKEN +k1 +yes +\S+Z +\S+Z +\S+$/);
  expect(JSON.parse(json.output)).toMatchObject({ items: [{ name: 'BILLING_TOKEN', key_id: 'k1' }] });
  expect(rotated).toEqual({
    code: 0,
    output: 'Sealed anew: 1. All that open are sealed with the key "k2".\nThe other keys can go.',
  });
  expect(deleted).toEqual({ code: 0, output: 'Deleted BILLING_TOKEN.' });
  expect(none.output).toBe('There are none. Store one: reflex secrets set NAME');
  for (const { output } of [set, list, json, rotated, deleted]) expect(output).not.toContain(VALUE);
  expect(await auditRows(store)).toMatchObject([
    { action: 'secret.set', target: 'BILLING_TOKEN', reason: 'New system.', details: { key_id: 'k1' } },
    { action: 'secret.rotate', details: { key_id: 'k2', rotated: 1 } },
    { action: 'secret.delete', target: 'BILLING_TOKEN', reason: 'Gone.' },
  ]);
});

it('says in a sentence what cannot be', async () => {
  const short = await secrets(['set', 'TOKEN'], 'x\n');
  const name = await secrets(['set', 'token'], VALUE);
  const nobody = await secrets(['delete', 'NOBODY']);

  expect(short).toMatchObject({ code: 1, output: expect.stringContaining('value must be longer than') as string });
  expect(name).toMatchObject({ code: 1, output: expect.stringContaining('capital letters') as string });
  expect(nobody).toMatchObject({ code: 1, output: expect.stringContaining('no stored secret NOBODY') as string });
});

it('takes no value as an argument, and none that is empty', async () => {
  await expectMisuse(['secrets', 'set', 'TOKEN', VALUE], /A value is no argument/);
  await expectMisuse(['secrets', 'set', 'TOKEN'], /There is no value/);
});
