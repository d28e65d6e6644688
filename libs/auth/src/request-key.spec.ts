import { keyInHeaders, keyInUpgrade } from './request-key';

describe('keyInHeaders', () => {
  it.each([
    [{ authorization: 'Bearer abc' }, 'abc'],
    [{ authorization: 'bearer   abc ' }, 'abc'],
    [{ 'x-api-key': 'abc' }, 'abc'],
    [{ authorization: 'Bearer abc', 'x-api-key': 'other' }, 'abc'],
    // Not "no key": whoever tries something else is told that it is wrong.
    [{ authorization: 'Basic YTpi' }, 'Basic YTpi'],
    [{ authorization: '' }, ''],
    [{ 'x-api-key': '' }, undefined],
    [{ cookie: 'key=abc' }, undefined],
    [{}, undefined],
  ])('finds in %j: %j', (headers, key) => {
    expect(keyInHeaders(headers)).toBe(key);
  });
});

describe('keyInUpgrade', () => {
  it.each([
    ['reflex, key.abc', 'abc'],
    ['key.abc,reflex', 'abc'],
    ['reflex', undefined],
    ['monkey.abc', undefined],
    ['reflex, key.', undefined],
  ])('finds in "%s": %j', (protocols, key) => {
    expect(keyInUpgrade({ 'sec-websocket-protocol': protocols })).toBe(key);
  });

  it('also looks into the headers that programs can set', () => {
    expect(keyInUpgrade({ authorization: 'Bearer abc' })).toBe('abc');
  });
});
