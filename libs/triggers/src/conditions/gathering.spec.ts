import { batch, debounce } from './gathering';

it.each([
  [batch({ size: 100, timeout: '30s' }), 'batch of 100 or after 30s'],
  [debounce('5s'), 'debounce 5s'],
  [debounce('5s', { atMost: '1m' }), 'debounce 5s, at most 1m'],
])('says in words what it waits for', (condition, text) => {
  expect(condition.parts.text).toBe(text);
});

it.each([
  ['more than a context keeps', () => batch({ size: 1_001, timeout: '1s' }), /up to 1000/],
  ['no events', () => batch({ size: 0, timeout: '1s' }), /whole number from 1/],
  ['no time', () => batch({ size: 5, timeout: 0 }), /longer than nothing/],
  ['a limit that is no limit', () => debounce('5s', { atMost: '5s' }), /longer than 5s/],
])('refuses %s', (_what, make, sentence) => {
  expect(make).toThrow(sentence);
});
