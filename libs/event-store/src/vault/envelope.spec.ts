import { randomBytes } from 'node:crypto';
import { type Envelope, opened, rewrapped, sealed } from './envelope';
import { readMasterKeys } from './master-keys';

const first = { id: 'k1', key: randomBytes(32) };
const second = { id: 'k2', key: randomBytes(32) };

describe('an envelope', () => {
  it.each(['simple', 'ünïcode 🔑\nwith lines', 'x'.repeat(8_192)])('gives back what was put in: %.20s', (value) => {
    expect(opened('TOKEN', sealed('TOKEN', value, first), [second, first])).toBe(value);
  });

  it('differs each time, and holds nothing in the clear', () => {
    const [one, other] = [sealed('TOKEN', 'the-value', first), sealed('TOKEN', 'the-value', first)];

    expect(one.sealed.equals(other.sealed)).toBe(false);
    expect(one.wrappedKey.equals(other.wrappedKey)).toBe(false);
    expect(Buffer.concat([one.sealed, one.wrappedKey]).includes('the-value')).toBe(false);
  });

  it('does not open with any of its bytes changed, or cut short', () => {
    const envelope = sealed('TOKEN', 'the-value', first);
    for (const part of ['sealed', 'wrappedKey'] as const) {
      for (let at = 0; at < envelope[part].length; at += 1) {
        const changed = Buffer.from(envelope[part]);
        changed[at]! ^= 1;
        expect(opened('TOKEN', { ...envelope, [part]: changed }, [first])).toBeNull();
      }
      for (const length of [0, 1, 28, envelope[part].length - 1]) {
        expect(opened('TOKEN', { ...envelope, [part]: envelope[part].subarray(0, length) }, [first])).toBeNull();
      }
    }
  });

  it('does not open under another name, with the parts of another, or under another key', () => {
    const one = sealed('ONE', 'value-one', first);
    const two = sealed('TWO', 'value-two', first);
    const later = sealed('ONE', 'value-later', first);
    const asSecond: Envelope = { ...one, keyId: 'k2' };

    expect(opened('TWO', one, [first])).toBeNull();
    expect(opened('ONE', { ...one, sealed: two.sealed }, [first])).toBeNull();
    expect(opened('ONE', { ...one, wrappedKey: later.wrappedKey }, [first])).toBeNull();
    expect(opened('ONE', one, [second])).toBeNull();
    expect(opened('ONE', one, [])).toBeNull();
    expect(opened('ONE', one, [{ id: 'k1', key: second.key }])).toBeNull();
    expect(opened('ONE', asSecond, [{ id: 'k2', key: first.key }])).toBeNull();
  });

  it('is wrapped anew without its value being sealed anew', () => {
    const before = sealed('TOKEN', 'the-value', first);

    const after = rewrapped('TOKEN', before, [second, first], second)!;

    expect(after.sealed).toBe(before.sealed);
    expect(opened('TOKEN', after, [second])).toBe('the-value');
    expect(opened('TOKEN', after, [first])).toBeNull();
    expect(rewrapped('TOKEN', before, [second], second)).toBeNull();
    expect(rewrapped('OTHER', before, [first], second)).toBeNull();
  });
});

describe('readMasterKeys', () => {
  const text = first.key.toString('base64');

  it('reads them in order', () => {
    expect(readMasterKeys(` k1=${text} , 2026-01=${second.key.toString('base64')}`)).toEqual([
      first,
      { id: '2026-01', key: second.key },
    ]);
  });

  it.each([
    '',
    text,
    `k1=${text.slice(4)}`,
    `k1=${text}${text}`,
    `k1=${text},k1=${text}`,
    `k1=${text},`,
    `K 1=${text}`,
    `=${text}`,
  ])('refuses "%s"', (given) => {
    expect(readMasterKeys(given)).toBeNull();
  });
});
