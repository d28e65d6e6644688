import { isSigned } from './signature';

// The example of GitHub's documentation "Validating webhook deliveries".
const secret = "It's a Secret to Everybody";
const body = Buffer.from('Hello, World!');
const digest = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

describe('isSigned', () => {
  it('accepts the documented example, under any of the secrets and beside other digests', () => {
    expect(isSigned([digest], [body], [secret])).toBe(true);
    expect(isSigned([digest.toUpperCase()], ['Hello, ', 'World!'], [secret])).toBe(true);
    expect(isSigned(['0'.repeat(64), digest], [body], ['the next secret', secret])).toBe(true);
  });

  it.each([
    ['no digest', []],
    ['an empty one', ['']],
    ['a part of it', [digest.slice(0, -2)]],
    ['another', [digest.replace('757', '758')]],
    ['something behind it', [`${digest}00`]],
  ])('refuses %s', (_what, digests) => {
    expect(isSigned(digests, [body], [secret])).toBe(false);
  });

  it('refuses another body, another secret, and no secret', () => {
    expect(isSigned([digest], ['Hello, World?'], [secret])).toBe(false);
    expect(isSigned([digest], [body], ['another'])).toBe(false);
    expect(isSigned([digest], [body], [])).toBe(false);
  });
});
