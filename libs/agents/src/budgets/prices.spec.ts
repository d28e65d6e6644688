import { InvalidSetting } from '@reflex/core';
import { Prices } from './prices';

const usage = (input_tokens: number, output_tokens: number, input_token_details = {}) => ({
  input_tokens,
  output_tokens,
  total_tokens: input_tokens + output_tokens,
  input_token_details,
});

describe('what a model costs', () => {
  it.each([
    ['openai:gpt-4o-mini', usage(1_000_000, 1_000_000), 0.75],
    ['openai:gpt-4o-mini-2024-07-18', usage(1_000_000, 0), 0.15],
    ['anthropic:claude-sonnet-4-5-20250929', usage(0, 1_000_000), 15],
    ['openai:gpt-4o', usage(1_000_000, 0, { cache_read: 400_000 }), 2],
    ['anthropic:claude-sonnet-4-5', usage(1_000_000, 0, { cache_read: 400_000, cache_creation: 400_000 }), 2.22],
    ['offline:rules', usage(1_000_000, 1_000_000), 0],
  ])('%s: %j is %d dollars', (model, used, dollars) => {
    expect(new Prices().cost(model, used)).toBeCloseTo(dollars, 9);
  });

  it('is not known of a model without a price, or without tokens', () => {
    expect(new Prices().cost('openai:gpt-99', usage(1, 1))).toBeUndefined();
    expect(new Prices().cost('openai:gpt-4o', undefined)).toBeUndefined();
  });

  it('is what the owner says: the exact name first, then the longest pattern', () => {
    const prices = new Prices({
      'ollama:*': { input: 0, output: 0 },
      'ollama:big-*': { input: 1, output: 1 },
      'openai:gpt-4o': { input: 7, output: 9 },
    });

    expect(prices.of('ollama:qwen3:8b')).toEqual({ input: 0, output: 0 });
    expect(prices.of('ollama:big-one')).toEqual({ input: 1, output: 1 });
    expect(prices.of('openai:gpt-4o-2024-11-20')).toEqual({ input: 7, output: 9 });
    expect(prices.of('openai:gpt-4o-mini')).toMatchObject({ input: 0.15 });
  });

  it.each([
    ['no provider', 'gpt-4o', { input: 1, output: 1 }],
    ['no output', 'openai:a', { input: 1 }],
    ['below nothing', 'openai:a', { input: -1, output: 1 }],
    ['text', 'openai:a', { input: '1', output: 1 }],
    ['a misspelt field', 'openai:a', { input: 1, output: 1, cached: 1 }],
    ['null', 'openai:a', null],
  ])('cannot be %s', (_what, name, price) => {
    expect(() => new Prices({ [name]: price as never })).toThrow(InvalidSetting);
  });
});
