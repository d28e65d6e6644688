import { isSignedByGitHub } from './signature';

// The example of GitHub's documentation "Validating webhook deliveries".
const secret = "It's a Secret to Everybody";
const body = Buffer.from('Hello, World!');
const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

describe('isSignedByGitHub', () => {
  it('accepts the documented example', () => {
    expect(isSignedByGitHub(signature, body, secret)).toBe(true);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['another algorithm', signature.replace('sha256', 'sha1')],
    ['a part of it', signature.slice(0, -2)],
    ['another digest', signature.replace('757', '758')],
    ['something behind it', `${signature}00`],
  ])('refuses %s', (_what, header) => {
    expect(isSignedByGitHub(header, body, secret)).toBe(false);
  });

  it('refuses another body and another secret', () => {
    expect(isSignedByGitHub(signature, Buffer.from('Hello, World?'), secret)).toBe(false);
    expect(isSignedByGitHub(signature, body, 'another')).toBe(false);
  });
});
