/** Matches text against globs in which `*` stands for any run of characters; everything else is literal. */
export function globMatcher(globs: readonly string[]): (text: string) => boolean {
  const exact = new Set(globs.filter((glob) => !glob.includes('*')));
  const pieces = globs.filter((glob) => glob.includes('*')).map((glob) => glob.split('*'));
  return (text) => exact.has(text) || pieces.some((parts) => matchPieces(text, parts));
}

/** The same glob as a pattern for SQL's `like`. */
export function globToLike(glob: string): string {
  return glob.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
}

// Leftmost match of each piece in turn is enough and keeps the time linear: no backtracking, unlike a regular expression.
function matchPieces(text: string, parts: string[]): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let position = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  // The last piece must not overlap what was matched before it.
  return position <= text.length - last.length;
}
