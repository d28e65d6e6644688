import type { BenchContext } from './bench-context';

type Contenders<Name extends string, Measured> = Record<Name, () => Promise<Measured>>;

/**
 * Lets the contenders run in turn, the order turned round each time, after one round to warm up. The n-th values of all
 * belong to one round, so that what the machine did at that time concerns them alike.
 */
export async function pairedRounds<Name extends string, Measured>(
  context: BenchContext,
  contenders: Contenders<Name, Measured>,
): Promise<Record<Name, Measured[]>> {
  const names = Object.keys(contenders) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Measured[]>;
  for (let round = 0; round <= context.options.rounds; round += 1) {
    const line: string[] = [];
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      await context.settleDisk();
      const value = await contenders[name]();
      if (round > 0) measured[name].push(value);
      line.push(`${name} ${shown(value)}`);
    }
    context.log(`  ${round === 0 ? 'warm-up' : `round ${round}`}: ${line.join(' · ')}`);
  }
  return measured;
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function shown(value: unknown): string {
  if (typeof value === 'number') return value >= 100 ? String(Math.round(value)) : value.toFixed(2);
  return Object.entries(value as Record<string, number>)
    .map(([key, number]) => `${key} ${shown(number)}`)
    .join(' ');
}
