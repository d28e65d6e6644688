import { assertJsonLimits } from '@reflex/core';
import { NotJson } from './errors';

/** Generous: what a handler makes is ours, not a stranger's. */
const LIMITS = { depth: 100, keys: 100_000 };
const MAX_CHARACTERS = 1_048_576;

// PostgreSQL holds neither NUL nor half of a UTF-16 pair; JSON.stringify writes both as escapes.
const UNSTORABLE = /\\u(?:0000|d[89a-f][0-9a-f]{2})/;

type What = 'result' | 'scratch' | 'step';

/** The value as JSON that the database can hold; throws `NotJson`. */
export function storableJson(what: What, value: unknown): string {
  const text = textOf(what, value);
  if (text.length > MAX_CHARACTERS) throw new NotJson(what, `It has more than ${MAX_CHARACTERS} characters.`);
  if (UNSTORABLE.test(text)) assertStorable(what, text);
  return text;
}

function textOf(what: What, value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new NotJson(what, `${(error as Error).message}.`, error);
  }
  if (text === undefined) throw new NotJson(what, `A ${typeof value} has no JSON.`);
  return text;
}

function assertStorable(what: What, text: string): void {
  try {
    assertJsonLimits(JSON.parse(text), LIMITS);
  } catch (error) {
    throw new NotJson(what, (error as Error).message, error);
  }
}
