import type { GoldenSet, SetScore } from '@reflex/testing';

export interface Scored {
  file: string;
  set: GoldenSet;
  scored: SetScore;
}

interface ModelKind {
  isOffline: boolean;
}

/** Those below their threshold. */
export function tooLow(rows: readonly Scored[], model: ModelKind): Scored[] {
  // A score is a mean of shares, so 0.7 may come out as 0.6999….
  return rows.filter(({ set, scored }) => scored.score + 1e-9 < leastOf(set, model));
}

/** The scores as a table, and below it what did not hold. */
export function scoreTable(rows: readonly Scored[], model: ModelKind): string {
  const low = tooLow(rows, model);
  const cells = [
    ['AGENT', 'CASES', 'SCORE', 'AT LEAST', ''],
    ...rows.map((row) => [
      row.set.agent,
      String(row.scored.cases.length),
      row.scored.score.toFixed(2),
      leastOf(row.set, model).toFixed(2),
      low.includes(row) ? 'TOO LOW' : 'ok',
    ]),
  ];
  const widths = cells[0]!.map((_none, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const table = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return [...table, '', ...rows.flatMap(failuresOf), summaryOf(rows, low)].join('\n');
}

function leastOf({ threshold }: GoldenSet, { isOffline }: ModelKind): number {
  return isOffline ? threshold.offline : threshold.model;
}

function failuresOf({ set, scored }: Scored): string[] {
  return scored.cases
    .filter(({ failures }) => failures.length > 0)
    .flatMap(({ name, score, failures }) => [
      `${set.agent} (${score.toFixed(2)}): ${name}`,
      ...failures.map((failure) => `  ${failure.replaceAll('\n', ' ').slice(0, 400)}`),
      '',
    ]);
}

function summaryOf(rows: readonly Scored[], low: readonly Scored[]): string {
  const cases = rows.reduce((sum, { scored }) => sum + scored.cases.length, 0);
  const mean = rows.reduce((sum, { scored }) => sum + scored.score, 0) / Math.max(rows.length, 1);
  const verdict =
    low.length === 0 ? 'all as good as they have to be' : `too low: ${low.map(({ set }) => set.agent).join(', ')}`;
  return `Score ${mean.toFixed(2)} over ${rows.length} agents and ${cases} cases; ${verdict}.`;
}
