import { globMatcher, globToLike } from '@reflex/core';
import * as fc from 'fast-check';

/** What a glob means, written for clearness: exponential, but short texts only. */
function matchesSlowly(text: string, glob: string): boolean {
  if (glob === '') return text === '';
  if (glob.startsWith('*')) {
    return matchesSlowly(text, glob.slice(1)) || (text !== '' && matchesSlowly(text.slice(1), glob));
  }
  return text !== '' && text[0] === glob[0] && matchesSlowly(text.slice(1), glob.slice(1));
}

/** What PostgreSQL's `like` does, with backslash as the escape. */
function likes(text: string, pattern: string): boolean {
  const source = pattern.replace(/\\(.)|(%)|(_)|([^\\%_])/gs, (_, escaped, percent, underscore, plain) => {
    if (percent) return '[^]*';
    return underscore ? '[^]' : `\\u{${(escaped ?? plain).codePointAt(0).toString(16)}}`;
  });
  return new RegExp(`^${source}$`, 'u').test(text);
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '%', '_', '\\'), maxLength: 10 });
const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '%', '_', '\\'), maxLength: 8 });

it.each([
  ['order.*', 'order.created', true],
  ['order.*', 'order.', true],
  ['order.*', 'order', false],
  ['*-prod', 'web-prod', true],
  ['*-prod', 'web-prod-2', false],
  ['*', '', true],
  ['a*b*c', 'a1b2c', true],
  ['a*a', 'a', false],
  ['ab*bc', 'abc', false],
  ['a.c', 'abc', false],
  ['(a+)+$', '(a+)+$', true],
])('D48: matches the glob %s against "%s": %s', (pattern, candidate, expected) => {
  expect(globMatcher([pattern])(candidate)).toBe(expected);
});

it('matches when any of several does, and never without one', () => {
  expect(globMatcher(['order.*', 'ping'])('ping')).toBe(true);
  expect(globMatcher(['order.*', 'ping'])('pong')).toBe(false);
  expect(globMatcher([])('')).toBe(false);
});

it('agrees with the plain meaning of a glob', () => {
  fc.assert(
    fc.property(text, glob, (candidate, pattern) => {
      expect(globMatcher([pattern])(candidate)).toBe(matchesSlowly(candidate, pattern));
    }),
    { numRuns: 2_000 },
  );
});

it("means the same as a pattern of SQL's like", () => {
  fc.assert(
    fc.property(text, glob, (candidate, pattern) => {
      expect(likes(candidate, globToLike(pattern))).toBe(globMatcher([pattern])(candidate));
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['a*'.repeat(1_000), 'a'.repeat(50_000)],
  [`${'*a'.repeat(1_000)}*b`, 'a'.repeat(50_000)],
  [`*${'a'.repeat(1_000)}b*`, 'a'.repeat(50_000)],
  ['*(a+)+$*', '(a+'.repeat(20_000)],
])('takes linear time on hostile input (%#)', (pattern, candidate) => {
  const started = performance.now();

  globMatcher([pattern])(candidate);

  expect(performance.now() - started).toBeLessThan(50);
});
