import { InvalidJson } from './errors';

export interface JsonLimits {
  /** Deepest nesting of arrays and objects. */
  depth: number;
  /** Keys of all objects together. */
  keys: number;
}

export const DEFAULT_JSON_LIMITS: JsonLimits = { depth: 32, keys: 1_000 };

const POISONOUS_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Refuses JSON that PostgreSQL cannot hold or that was made to hurt: depth, keys, NUL, lone surrogates, `__proto__`. */
export function assertJsonLimits(value: unknown, limits: JsonLimits = DEFAULT_JSON_LIMITS): void {
  let keys = 0;
  const pending: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (typeof next.value === 'string') assertText(next.value);
    if (typeof next.value === 'number' && !Number.isFinite(next.value)) {
      throw new InvalidJson('number_out_of_range', 'A number is too large for JSON. Send it as a string.');
    }
    if (typeof next.value !== 'object' || next.value === null) continue;

    const depth = next.depth + 1;
    if (depth > limits.depth) {
      throw new InvalidJson('json_too_deep', `The JSON is nested deeper than ${limits.depth} levels. Flatten it.`);
    }
    if (Array.isArray(next.value)) {
      for (const item of next.value) pending.push({ value: item, depth });
      continue;
    }
    for (const [key, item] of Object.entries(next.value)) {
      keys += 1;
      if (keys > limits.keys) {
        throw new InvalidJson('json_too_many_keys', `The JSON has more than ${limits.keys} keys. Split it up.`);
      }
      if (POISONOUS_KEYS.has(key)) {
        throw new InvalidJson('json_forbidden_key', `The key "${key}" is not allowed. Rename it.`);
      }
      assertText(key);
      pending.push({ value: item, depth });
    }
  }
}

function assertText(text: string): void {
  if (text.includes('\u0000')) {
    throw new InvalidJson('json_nul_character', 'The text holds \\u0000, which PostgreSQL cannot store. Remove it.');
  }
  if (!text.isWellFormed()) {
    throw new InvalidJson('json_lone_surrogate', 'The text holds half of a UTF-16 pair. Send well-formed Unicode.');
  }
}
