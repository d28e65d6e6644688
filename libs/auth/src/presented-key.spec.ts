import { newKey, readKey } from './presented-key';

describe('a key', () => {
  it('is read back to what is stored of it', () => {
    const { text, prefix, hash } = newKey();

    expect(text).toMatch(/^rfx_[0-9a-f]{10}_[\w-]{43}$/);
    expect(readKey(text)).toEqual({ prefix, hash });
    expect(Buffer.from(hash, 'base64')).toHaveLength(32);
    expect(text).not.toContain(hash);
  });

  it('is another one every time', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => newKey().text)).size).toBe(1_000);
  });

  it.each([
    '',
    'rfx_',
    'secret',
    `rfx_0123456789_${'x'.repeat(42)}`,
    `rfx_0123456789_${'x'.repeat(44)}`,
    `rfx_012345678G_${'x'.repeat(43)}`,
    ` rfx_0123456789_${'x'.repeat(43)}`,
    `rfx_0123456789_${'x'.repeat(43)}\n`,
    `rfx_0123456789_${"'".repeat(43)}`,
  ])('is not %j', (text) => {
    expect(readKey(text)).toBeNull();
  });
});
