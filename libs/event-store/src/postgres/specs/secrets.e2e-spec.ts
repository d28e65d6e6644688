import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { StoredSecret } from '@reflex/core';
import { eventually } from '@reflex/test';
import { type OpenStore, storesUnderTest, type Stores } from './store-under-test';

const k1 = { id: 'k1', key: randomBytes(32) };
const k2 = { id: 'k2', key: randomBytes(32) };

describe('stored secrets', () => {
  let stores: Stores;
  beforeAll(async () => (stores = await storesUnderTest()));
  afterEach(async () => {
    jest.restoreAllMocks();
    await stores.reset();
  });
  afterAll(() => stores.drop());

  const keyed = (options: Parameters<Stores['store']>[0] = {}): Promise<OpenStore> =>
    stores.store({ secretKeys: [k1], ...options });

  /** What a process knows, always the newest. */
  async function knownIn(store: OpenStore): Promise<() => Record<string, string | null>> {
    let known: ReadonlyMap<string, StoredSecret> = new Map();
    await store.secrets.onChanged((all) => (known = all));
    return () => Object.fromEntries([...known].map(([name, { value }]) => [name, value]));
  }

  it.each([true, false])('are known to the other processes within a second, with notifications: %s', async (notify) => {
    const [writer, reader] = [await keyed(), await keyed({ notify })];
    const [own, known] = [await knownIn(writer), await knownIn(reader)];
    if (notify) await eventually(async () => expect(await reader.stats()).toMatchObject({ notify: true }));

    for (const value of ['first-value', 'second-value']) {
      const before = performance.now();
      await writer.secrets.set('TOKEN', value, 'key:ops');
      expect(own()).toEqual({ TOKEN: value });
      await eventually(() => expect(known()).toEqual({ TOKEN: value }));
      expect(performance.now() - before).toBeLessThan(1_500);
    }
    await writer.secrets.delete('TOKEN');
    await eventually(() => expect(known()).toEqual({}));
  });

  it('are known to a process that starts later, and to each of its listeners', async () => {
    await (await keyed()).secrets.set('TOKEN', 'the-value', 'key:ops');

    const late = await keyed();

    expect((await knownIn(late))()).toEqual({ TOKEN: 'the-value' });
    expect((await knownIn(late))()).toEqual({ TOKEN: 'the-value' });
  });

  it('do not open in the place of another, after a change of their row, or without their key', async () => {
    const store = await keyed();
    for (const name of ['A', 'B', 'C', 'D']) await store.secrets.set(name, `value-of-${name}`, 'key:ops');
    await store.dataSource.query(`
      update reflex.secrets s
         set wrapped_key = o.wrapped_key, sealed = o.sealed
        from reflex.secrets o
       where s.name = 'A' and o.name = 'B'`);
    await store.dataSource.query(`update reflex.secrets set sealed = sealed || '\\x00'::bytea where name = 'B'`);
    await store.dataSource.query(`update reflex.secrets set key_id = 'k2' where name = 'C'`);

    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    const known = await knownIn(await keyed({ secretKeys: [k1, k2] }));
    const warned = warn.mock.calls.map(([sentence]) => String(sentence));
    warn.mockClear();

    expect(warned).toEqual(['A', 'B', 'C'].map((name) => expect.stringContaining(`secret ${name} cannot be opened`)));
    expect(warned.join()).not.toMatch(/value-of|\\x/);
    expect(known()).toEqual({ A: null, B: null, C: null, D: 'value-of-D' });
    expect((await knownIn(await stores.store()))()).toEqual({ A: null, B: null, C: null, D: null });
    expect((await store.secrets.list()).map(({ name, usable }) => [name, usable])).toEqual([
      ['A', false],
      ['B', false],
      ['C', false],
      ['D', true],
    ]);
  });

  it('are sealed anew by a rotation, but for those that do not open', async () => {
    const old = await keyed();
    await old.secrets.set('KEPT', 'the-value', 'key:ops');
    const lost = await keyed({ secretKeys: [{ id: 'lost', key: randomBytes(32) }] });
    await lost.secrets.set('LOST', 'the-value', 'key:ops');

    const rotation = await (await keyed({ secretKeys: [k2, k1] })).secrets.rotate();

    expect(rotation).toEqual({ keyId: 'k2', rotated: 1, left: ['LOST'] });
    expect((await knownIn(await keyed({ secretKeys: [k2] })))()).toEqual({ KEPT: 'the-value', LOST: null });
    expect((await old.secrets.list()).map(({ name, keyId }) => [name, keyId])).toEqual([
      ['KEPT', 'k2'],
      ['LOST', 'lost'],
    ]);
  });

  it('are a hundred at most; those there are can still change', async () => {
    const store = await keyed();
    for (let n = 1; n <= 100; n += 1) await store.secrets.set(`S${n}`, 'the-value', 'key:ops');

    await expect(store.secrets.set('ONE_MORE', 'the-value', 'key:ops')).rejects.toMatchObject({
      code: 'too_many_secrets',
    });
    await store.secrets.set('S7', 'another', 'key:other');

    expect((await store.secrets.list()).find(({ name }) => name === 'S7')).toMatchObject({ updatedBy: 'key:other' });
  });
});
