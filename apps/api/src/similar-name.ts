const MAX_MISTAKES = 3;

/** The name that was probably meant, if one is at most three typing mistakes away. */
export function similarName(name: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, mistakes: distance(candidate, name) }));
  ranked.sort((one, other) => one.mistakes - other.mistakes);
  return ranked[0] && ranked[0].mistakes <= MAX_MISTAKES ? ranked[0].candidate : undefined;
}

/** Levenshtein's distance: letters added, left out or replaced. */
function distance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_value, index) => index);
  for (let row = 0; row < one.length; row += 1) {
    const next = [row + 1];
    for (let column = 0; column < other.length; column += 1) {
      const replaced = previous[column]! + (one[row] === other[column] ? 0 : 1);
      next.push(Math.min(replaced, previous[column + 1]! + 1, next[column]! + 1));
    }
    previous = next;
  }
  return previous[other.length]!;
}
