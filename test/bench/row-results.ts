import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from './machine';
import { median } from './rounds';

/** A line of the table, and of results.json. */
export interface RowResult {
  name: string;
  ours: number;
  /** `null` where the target is a figure of its own. */
  peer: number | null;
  /** Ours to peer, the median over the rounds. */
  ratio: number | null;
  /** Such as `≥ 15×`; `null` for figures that only inform. */
  target: string | null;
  met: boolean | null;
  unit: string;
  /** Why there is no peer's figure. */
  skipped?: string;
}

export type Target = { atLeast: number } | { atMost: number };

/** What results.json holds. */
export interface Results {
  rows: (RowResult & { row: string })[];
  machine: Machine;
}

const FILE = join(__dirname, 'results.json');

/** Our rounds against a peer's, pair by pair. */
export function compared(
  name: string,
  ours: number[],
  peer: number[],
  { target, unit = '/s' }: { target?: Target; unit?: string } = {},
): RowResult {
  const ratio = median(ours.map((value, round) => value / peer[round]!));
  return {
    name,
    ours: rounded(median(ours)),
    peer: rounded(median(peer)),
    ratio: rounded(ratio),
    target: target ? `${inWords(target)}×` : null,
    met: target ? meets(ratio, target) : null,
    unit,
  };
}

/** Our rounds against a figure. */
export function against(name: string, ours: number[], target: Target, unit: string): RowResult {
  const value = median(ours);
  const words = `${inWords(target)} ${unit}`;
  return { name, ours: rounded(value), peer: null, ratio: null, target: words, met: meets(value, target), unit };
}

export function withoutPeer(name: string, ours: number[], target: Target, skipped: string, unit = '/s'): RowResult {
  const words = `${inWords(target)}×`;
  return { name, ours: rounded(median(ours)), peer: null, ratio: null, target: words, met: null, unit, skipped };
}

/** Replaces the figures of the rows that ran; the others stay as they are, and those of rows that are gone go. */
export async function saveResults(ran: Map<string, RowResult[]>, machine: Machine, order: string[]): Promise<void> {
  const { rows: before } = await readResults();
  const kept = before.filter(({ row }) => !ran.has(row));
  const fresh = [...ran].flatMap(([row, results]) => results.map((result) => ({ row, ...result })));
  const all = [...kept, ...fresh];
  const rows = order.flatMap((name) => all.filter(({ row }) => row === name));
  const results: Results = { rows, machine };
  await writeFile(FILE, `${JSON.stringify(results, null, 2)}\n`);
}

export async function readResults(): Promise<Results> {
  return JSON.parse(await readFile(FILE, 'utf8')) as Results;
}

export function printTable(results: RowResult[]): void {
  const lines = results.map((result) => [
    result.name,
    `${figure(result.ours)} ${result.unit}`,
    result.peer === null ? '' : `${figure(result.peer)} ${result.unit}`,
    result.ratio === null ? '' : `${result.ratio}×`,
    result.target ?? '',
    verdict(result),
  ]);
  const table = [['', 'ours', 'peer', 'ratio', 'target', ''], ...lines];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  for (const line of table) {
    console.log(
      line
        .map((cell, column) =>
          column === 0 || column === 5 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    );
  }
}

/** Such as `met`; empty for figures that only inform. */
export function verdict({ met, skipped }: Pick<RowResult, 'met' | 'skipped'>): string {
  if (skipped) return `SKIPPED: ${skipped}`;
  return met === null ? '' : met ? 'met' : 'MISSED';
}

function inWords(target: Target): string {
  return 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

function meets(value: number, target: Target): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
}

function figure(value: number): string {
  return value.toLocaleString('en-US');
}

/** Three digits are more than the noise leaves. */
function rounded(value: number): number {
  return value >= 1_000 ? Math.round(value) : Number(value.toPrecision(3));
}
