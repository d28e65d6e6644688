/** One column of a table: its heading, and what stands in it. */
export type Column<T> = [heading: string, text: (row: T) => Cell];

type Cell = string | number | Date | null;

/** Prints what a program reads. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a table for a person; `none` when it would be empty. */
export function printTable<T>(rows: readonly T[], columns: Column<T>[], none: string): void {
  if (rows.length === 0) return printLine(none);
  const texts = [columns.map(([heading]) => heading), ...rows.map((row) => columns.map(([, text]) => cell(text(row))))];
  const widths = columns.map((_column, index) => Math.max(...texts.map((row) => row[index]!.length)));
  for (const row of texts)
    printLine(
      row
        .map((text, index) => text.padEnd(widths[index]!))
        .join('  ')
        .trimEnd(),
    );
}

function cell(value: Cell): string {
  if (value === null) return '-';
  if (value instanceof Date) return value.toISOString().replace(/\.\d+Z$/, 'Z');
  // What a client wrote must not move the cursor of whoever reads it.
  return String(value).replace(/\p{Cc}/gu, ' ');
}
