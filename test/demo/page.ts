import { styleText } from 'node:util';

type Cell = string | number;

// Wider lines are hard to read, narrower ones hold nothing.
const WIDTH = Math.min(Math.max(process.stdout.columns ?? 110, 80), 120) - 2;
const FIGURE = /^[\d.,]+( ms)?$/;

/** The text of the report, line by line, as wide as the terminal. */
export class Page {
  private readonly lines: string[] = [];

  heading(text: string): this {
    this.lines.push('', styleText('bold', text));
    return this;
  }

  line(text = ''): this {
    this.lines.push(text === '' ? '' : `  ${text}`);
    return this;
  }

  /** Columns as wide as they need; figures on the right. `head` may be left out. */
  table(rows: Cell[][], head?: string[]): this {
    const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)));
    const all = head ? [head, ...texts] : texts;
    const columns = (all[0] ?? []).map((_, column) => ({
      width: Math.max(...all.map((row) => row[column]!.length)),
      ofFigures: texts.every((row) => FIGURE.test(row[column]!)),
    }));
    all.forEach((row, index) => {
      const cells = row.map((text, column) => {
        const { width, ofFigures } = columns[column]!;
        return ofFigures ? text.padStart(width) : text.padEnd(width);
      });
      const line = cut(cells.join('  ').trimEnd(), WIDTH);
      this.line(head && index === 0 ? styleText('dim', line) : line);
    });
    return this;
  }

  /** A text that may be long, over several lines. */
  paragraph(text: string, indent = 0): this {
    const pad = ' '.repeat(indent);
    for (const line of wrapped(text, WIDTH - indent)) this.line(pad + line);
    return this;
  }

  toString(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

/** No longer than so many characters, on one line. */
export function cut(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, (space) => (space.includes('\n') ? ' ' : space));
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += (line === '' ? '' : ' ') + word;
  }
  return [...lines, line];
}
