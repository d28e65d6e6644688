import type { JsonValue } from '@reflex/core';

/** What `@>` of PostgreSQL says of two values of jsonb, for a part that is an object. */
export function containsJson(whole: unknown, part: JsonValue): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.every((item) => whole.some((candidate) => containsJson(candidate, item)));
  }
  if (typeof part === 'object' && part !== null) {
    if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return false;
    return Object.entries(part).every(
      ([key, value]) => Object.hasOwn(whole, key) && containsJson((whole as Record<string, unknown>)[key], value),
    );
  }
  return whole === part;
}
