/** US dollars per million tokens. */
export interface ModelPrice {
  input: number;
  output: number;
  /** Input that the provider had in its cache; default: as other input. */
  cachedInput?: number;
  /** Input that the provider puts into its cache; default: as other input. */
  cacheWrite?: number;
}

/**
 * What providers ask for their models, by `provider:model`; `*` in a name stands for any text. List prices without
 * discounts, from https://openai.com/api/pricing and https://claude.com/pricing.
 */
export const PRICES_OF: { date: string; models: Record<string, ModelPrice> } = {
  date: '2025-11-20',
  models: {
    'offline:*': { input: 0, output: 0 },
    // Those that tests bring along.
    'test:*': { input: 0, output: 0 },

    'openai:gpt-5.1': { input: 1.25, cachedInput: 0.125, output: 10 },
    'openai:gpt-5': { input: 1.25, cachedInput: 0.125, output: 10 },
    'openai:gpt-5-mini': { input: 0.25, cachedInput: 0.025, output: 2 },
    'openai:gpt-5-nano': { input: 0.05, cachedInput: 0.005, output: 0.4 },
    'openai:gpt-4.1': { input: 2, cachedInput: 0.5, output: 8 },
    'openai:gpt-4.1-mini': { input: 0.4, cachedInput: 0.1, output: 1.6 },
    'openai:gpt-4.1-nano': { input: 0.1, cachedInput: 0.025, output: 0.4 },
    'openai:gpt-4o': { input: 2.5, cachedInput: 1.25, output: 10 },
    'openai:gpt-4o-mini': { input: 0.15, cachedInput: 0.075, output: 0.6 },
    'openai:o3': { input: 2, cachedInput: 0.5, output: 8 },
    'openai:o4-mini': { input: 1.1, cachedInput: 0.275, output: 4.4 },

    'anthropic:claude-opus-4-1': { input: 15, cachedInput: 1.5, cacheWrite: 18.75, output: 75 },
    'anthropic:claude-sonnet-4-5': { input: 3, cachedInput: 0.3, cacheWrite: 3.75, output: 15 },
    'anthropic:claude-haiku-4-5': { input: 1, cachedInput: 0.1, cacheWrite: 1.25, output: 5 },
    'anthropic:claude-sonnet-4-0': { input: 3, cachedInput: 0.3, cacheWrite: 3.75, output: 15 },
    'anthropic:claude-3-5-haiku': { input: 0.8, cachedInput: 0.08, cacheWrite: 1, output: 4 },
  },
};
