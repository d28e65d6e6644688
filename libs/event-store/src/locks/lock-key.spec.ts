import fc from 'fast-check';
import { lockKey } from './lock-key';

describe('the key of a lock', () => {
  it('is a number of 64 bits with sign, always the same for one scope', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (scope) => {
        const key = BigInt(lockKey(scope));

        expect(BigInt.asIntN(64, key)).toBe(key);
        expect(lockKey(scope)).toBe(key.toString());
      }),
    );
    // Deployed versions must agree on it.
    expect(lockKey('user:123')).toBe('-6842152412946405811');
  });

  it('differs where 32 bits would collide', () => {
    const keys = Array.from({ length: 200_000 }, (_, number) => lockKey(`user:${number}`));

    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(keys.map((key) => BigInt.asIntN(32, BigInt(key)))).size).toBeLessThan(keys.length);
  });
});
