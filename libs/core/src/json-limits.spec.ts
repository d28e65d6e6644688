import { assertJsonLimits, InvalidJson } from '@reflex/core';
import * as fc from 'fast-check';

function refusal(value: unknown, limits?: { depth: number; keys: number }): InvalidJson | undefined {
  try {
    assertJsonLimits(value, limits);
  } catch (error) {
    return error as InvalidJson;
  }
  return undefined;
}

function nested(levels: number, open: string, close: string): unknown {
  return JSON.parse(open.repeat(levels) + '1' + close.repeat(levels));
}

function withKeys(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key_${index}`, index]));
}

it.each([
  ['number_out_of_range', '{"a":[1e999]}'],
  ['json_forbidden_key', '{"a":{"__proto__":{"polluted":true}}}'],
  ['json_forbidden_key', '[{"constructor":{"prototype":{"polluted":true}}}]'],
  ['json_forbidden_key', '{"prototype":1}'],
  ['json_nul_character', String.raw`{"a":["x\u0000"]}`],
  ['json_nul_character', String.raw`{"x\u0000":1}`],
  ['json_nul_character', String.raw`"\u0000"`],
  ['json_lone_surrogate', String.raw`{"a":"\ud83d"}`],
  ['json_lone_surrogate', String.raw`{"\ude00\ud83d":1}`],
])('refuses with %s: %s', (code, text) => {
  const error = refusal(JSON.parse(text));

  expect(error).toBeInstanceOf(InvalidJson);
  expect(error).toMatchObject({ code, status: 422 });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

it.each([
  ['{"a":', '}'],
  ['[', ']'],
])('allows 32 levels of %s and no more', (open, close) => {
  expect(refusal(nested(32, open, close))).toBeUndefined();
  expect(refusal(nested(33, open, close))?.code).toBe('json_too_deep');
});

it.each([
  ['{"a":', '}'],
  ['[', ']'],
])('refuses 10,000 levels of %s without running out of stack', (open, close) => {
  expect(refusal(nested(10_000, open, close))?.code).toBe('json_too_deep');
});

it('counts the keys of all objects together', () => {
  expect(refusal({ a: withKeys(499), b: withKeys(499) })).toBeUndefined();
  expect(refusal({ a: withKeys(499), b: withKeys(500) })?.code).toBe('json_too_many_keys');
  expect(refusal(withKeys(10_000))?.code).toBe('json_too_many_keys');
});

it('can be given other limits', () => {
  expect(refusal([[1]], { depth: 1, keys: 1 })?.code).toBe('json_too_deep');
  expect(refusal({ a: 1, b: 2 }, { depth: 1, keys: 1 })?.code).toBe('json_too_many_keys');
});

it('says what to do', () => {
  expect(refusal(nested(33, '[', ']'))?.message).toBe('The JSON is nested deeper than 32 levels. Flatten it.');
});

it('accepts all other JSON, whole surrogate pairs included', () => {
  const isHarmless = (value: unknown) =>
    !/__proto__|constructor|prototype|\\u0000|\\ud[89a-f]/i.test(JSON.stringify(value));

  expect(refusal({ emoji: '😀', list: [null, true, -0.5, ''] })).toBeUndefined();
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }).filter(isHarmless), (value) => {
      expect(refusal(value)).toBeUndefined();
    }),
  );
});
