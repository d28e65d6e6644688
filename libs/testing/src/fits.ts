/**
 * Whether a value is what was expected: of an object the given fields, a list item by item, and a regular expression fits
 * any text in which it is found.
 */
export function fits(actual: unknown, expected: unknown): boolean {
  if (expected instanceof RegExp) return typeof actual === 'string' && expected.test(actual);
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected);
  if (typeof actual !== 'object' || actual === null) return false;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => fits(actual[index], item))
    );
  }
  return Object.entries(expected).every(([key, item]) => fits((actual as Record<string, unknown>)[key], item));
}

/** As a person reads it; a regular expression as it is written. */
export function inWords(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (item instanceof RegExp ? String(item) : item)) ?? 'nothing';
}
