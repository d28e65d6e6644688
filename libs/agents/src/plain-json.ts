/** A copy that JSON and PostgreSQL can hold: no NUL, no half of a UTF-16 pair, no class instances. */
export function plainJson(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' ? item.replaceAll('\u0000', '').toWellFormed() : item,
  );
  return text === undefined ? null : (JSON.parse(text) as unknown);
}
