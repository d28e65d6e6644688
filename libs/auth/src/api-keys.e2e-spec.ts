import { eventually } from '@reflex/test';
import type { DataSource } from 'typeorm';
import { ApiKeys } from './api-keys.service';
import { authDatabase } from './testing/auth-bed';

let bed: Awaited<ReturnType<typeof authDatabase>>;
let dataSource: DataSource;
let keys: ApiKeys;

beforeAll(async () => {
  bed = await authDatabase();
  dataSource = bed.dataSource;
});
beforeEach(() => (keys = keysWith(60_000)));
afterAll(() => bed.stop());

const keysWith = (cacheMs: number) => new ApiKeys(dataSource, { access: 'keys', cacheMs });
const soon = (ms: number) => new Date(Date.now() + ms);

it('shows the key once and keeps only its hash', async () => {
  const { key, ...created } = await keys.create({ name: 'ci', scopes: ['events:write'] });

  const [row] = await dataSource.query('select row_to_json(k)::text as text from reflex.api_keys k where id = $1', [
    created.id,
  ]);
  expect(created).toMatchObject({ name: 'ci', scopes: ['events:write'], expiresAt: null, revokedAt: null });
  expect(row.text).not.toContain(key.slice(-43));
  expect(JSON.stringify(await keys.list())).not.toContain(key.slice(-43));
  await expect(keys.verify(key)).resolves.toEqual({
    actor: `key:ci/${created.prefix}`,
    keyId: created.id,
    scopes: ['events:write'],
  });
});

it('refuses what is unknown, malformed, or of another key', async () => {
  const one = await keys.create({ name: 'one', scopes: ['admin'] });
  const other = await keys.create({ name: 'other', scopes: ['admin'] });
  const mixed = `rfx_${one.prefix}_${other.key.slice(-43)}`;
  const flipped = `${one.key.slice(0, -2)}${one.key.at(-2) === 'A' ? 'B' : 'A'}${one.key.at(-1)}`;

  for (const text of [mixed, flipped, `rfx_0000000000_${'a'.repeat(43)}`, '', "' or true --", one.prefix]) {
    await expect(keys.verify(text)).rejects.toMatchObject({ code: 'invalid_key', status: 401 });
  }
});

it('asks the database once for many requests at once, and not again while the answer is fresh', async () => {
  const { key } = await keys.create({ name: 'busy', scopes: ['events:write'] });
  const asked = jest.spyOn(dataSource, 'query');

  await Promise.all(Array.from({ length: 100 }, () => keys.verify(key)));
  await keys.verify(key);

  expect(asked).toHaveBeenCalledTimes(1);
  expect(keys.known(key)).toMatchObject({ scopes: ['events:write'] });
  asked.mockRestore();
});

it('asks once for a wrong key that is tried again and again', async () => {
  const asked = jest.spyOn(dataSource, 'query');
  const wrong = `rfx_1111111111_${'a'.repeat(43)}`;

  for (let i = 0; i < 5; i += 1) await expect(keys.verify(wrong)).rejects.toThrow(/not valid/);

  expect(asked).toHaveBeenCalledTimes(1);
  asked.mockRestore();
});

it('refuses a revoked key here at once, and elsewhere when the cache ends', async () => {
  const elsewhere = keysWith(200);
  const { key, prefix } = await keys.create({ name: 'gone', scopes: ['admin'] });
  await Promise.all([keys.verify(key), elsewhere.verify(key)]);

  await keys.revoke(prefix);
  const revokedAt = performance.now();

  await expect(keys.verify(key)).rejects.toThrow(/not valid/);
  await eventually(() => expect(elsewhere.verify(key)).rejects.toThrow(/not valid/), { timeoutMs: 2_000 });
  expect(performance.now() - revokedAt).toBeLessThan(400);
  await expect(keys.revoke(prefix)).rejects.toMatchObject({ code: 'unknown_key' });
});

it('refuses an expired key, also while its answer is cached', async () => {
  const { key } = await keys.create({ name: 'short', scopes: ['admin'], expiresAt: soon(400) });
  await keys.verify(key);

  await eventually(() => expect(keys.known(key)).toBeUndefined(), { timeoutMs: 2_000 });
  await eventually(() => expect(keys.verify(key)).rejects.toThrow(/not valid/), { timeoutMs: 500 });
});

it('remembers when a key was used, to the minute', async () => {
  const fresh = keysWith(0);
  const { key, id } = await keys.create({ name: 'used', scopes: ['admin'] });
  const usedAt = async () => (await keys.list()).find((each) => each.id === id)!.lastUsedAt;

  expect(await usedAt()).toBeNull();
  await fresh.verify(key);
  const first = await usedAt();
  await fresh.verify(key);

  expect(first).toBeInstanceOf(Date);
  expect(await usedAt()).toEqual(first);
});

it.each([
  [{ name: '', scopes: ['admin'] }, 'invalid_key_request'],
  [{ name: '\u0000', scopes: ['admin'] }, 'invalid_key_request'],
  [{ name: 'x'.repeat(101), scopes: ['admin'] }, 'invalid_key_request'],
  [{ name: 'a', scopes: [] }, 'unknown_scope'],
  [{ name: 'a', scopes: ['root'] }, 'unknown_scope'],
  [{ name: 'a', scopes: ['admin'], expiresAt: new Date(0) }, 'invalid_key_request'],
])('does not make %j', async (request, code) => {
  await expect(keys.create(request)).rejects.toMatchObject({ code });
});

it('says that the database does not answer instead of that the key is wrong', async () => {
  const broken = new ApiKeys({ query: () => Promise.reject(new Error('down')) } as unknown as DataSource, {
    access: 'keys',
    cacheMs: 1_000,
  });
  const { key } = await keys.create({ name: 'outage', scopes: ['admin'] });

  await expect(broken.verify(key)).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
});

it('has the schema that the entities say', async () => {
  const drift = await dataSource.driver.createSchemaBuilder().log();

  expect(drift.upQueries.map(({ query }) => query)).toEqual([]);
});
