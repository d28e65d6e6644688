import type { UsageMetadata } from '@langchain/core/messages';
import { globMatcher, InvalidSetting } from '@reflex/core';
import { PRICES_OF, type ModelPrice } from './price-table';

const MILLION = 1_000_000;
/** What providers put behind a model's name for the version of a day. */
const VERSION = /-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$/;
const FIELDS: (keyof ModelPrice)[] = ['input', 'output', 'cachedInput', 'cacheWrite'];

/** What models cost: the table, and before it what the owner says. */
export class Prices {
  private readonly rules: { matches: (name: string) => boolean; price: ModelPrice }[];

  constructor(own: Record<string, ModelPrice> = {}) {
    for (const [name, price] of Object.entries(own)) assertPrice(name, price);
    const all = [own, PRICES_OF.models].flatMap((table) => Object.entries(table).toSorted(byLength));
    this.rules = all.map(([name, price]) => ({ matches: globMatcher([name]), price }));
  }

  /** `undefined` for a model that has no price. */
  of(model: string): ModelPrice | undefined {
    const plain = model.replace(VERSION, '');
    return (this.rule(model) ?? this.rule(plain))?.price;
  }

  /** US dollars; `undefined` for a model that has no price, and where the provider told no tokens. */
  cost(model: string, usage: UsageMetadata | undefined): number | undefined {
    const price = this.of(model);
    if (!price || !usage) return undefined;
    const { cache_read: cached = 0, cache_creation: written = 0 } = usage.input_token_details ?? {};
    const plain = Math.max(0, usage.input_tokens - cached - written);
    const { input, output, cachedInput = input, cacheWrite = input } = price;
    const sum = plain * input + cached * cachedInput + written * cacheWrite + usage.output_tokens * output;
    return sum / MILLION;
  }

  private rule(name: string) {
    return this.rules.find(({ matches }) => matches(name));
  }
}

// The exact name before the pattern, the longer pattern before the shorter one.
function byLength([one]: [string, ModelPrice], [other]: [string, ModelPrice]): number {
  return Number(one.includes('*')) - Number(other.includes('*')) || other.length - one.length;
}

function assertPrice(name: string, price: ModelPrice): void {
  const good =
    /^[a-z][a-z0-9-]*:\S+$/.test(name) &&
    typeof price === 'object' &&
    price !== null &&
    [price.input, price.output].every((value) => value !== undefined) &&
    Object.entries(price).every(
      ([field, value]) => FIELDS.includes(field as keyof ModelPrice) && Number.isFinite(value) && value >= 0,
    );
  if (good) return;
  throw new InvalidSetting(
    `"${name}" has no price that can be read. Write US dollars per million tokens: {"provider:model": {"input": 0.15, "output": 0.6}}, with cachedInput and cacheWrite if they differ.`,
  );
}
