import { Misuse } from './complaint';

/** Names separated by commas: `error,alert`. */
export function namesOf(flag: string, text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new Misuse(`${flag} must be names separated by commas, such as a,b.`);
  return names;
}

export function wholeNumber(flag: string, text: string, [min, max]: [number, number]): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
  throw new Misuse(`${flag} must be a whole number from ${min} to ${max}.`);
}

/** How many per second, where nobody says. */
export const PER_SECOND = 50;

export function rateOf(text: string): number {
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (rate >= 0.1 && rate <= 5_000) return rate;
  throw new Misuse('--rate must be a number from 0.1 to 5000.');
}

/** A JSON object, such as the own fields of an event. */
export function fieldsOf(flag: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Said below.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Misuse(`${flag} must be a JSON object, such as '{"message":"hello"}'.`);
}

export function jsonOf(flag: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Misuse(`${flag} must be JSON, such as '"sent"' or '{"id":7}'.`);
  }
}

export function oneOf<const Word extends string>(flag: string, text: string, words: readonly Word[]): Word {
  const word = words.find((known) => known === text);
  if (word === undefined) throw new Misuse(`${flag} must be one of ${words.join(', ')}.`);
  return word;
}
