const MOST = 20;

/** The lines that only one of two texts has: `- ` of the first, `+ ` of the second. */
export function lineDifference(was: string, is: string): string {
  const [before, after] = [was.split('\n'), is.split('\n')];
  const lines = [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
  // The same lines in another order, or another number of times.
  if (lines.length === 0) return `- ${was}\n+ ${is}`;
  return lines.length > MOST
    ? [...lines.slice(0, MOST), `… ${lines.length - MOST} lines more`].join('\n')
    : lines.join('\n');
}
