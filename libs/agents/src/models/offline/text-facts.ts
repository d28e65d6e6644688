import { DATA_END, DATA_START } from '../../prompt';

/** Words that tell of trouble, worst first, with the level they stand for. */
const TROUBLE: [level: number, words: RegExp][] = [
  [3, /\b(critical|fatal|outage|panic|data loss|down)\b/i],
  [2, /\b(error|errors|exception|fail|fails|failed|failure|refused|crash|crashed|high)\b/i],
  [1, /\b(warn|warning|slow|timeout|retry|degraded|medium)\b/i],
];

/** What rules can find in a text: its lines, numbers, times, and values that stand behind a name. */
export class TextFacts {
  /** Of what came from outside. */
  readonly lines: string[];
  /** One or two sentences for fields that want a summary. */
  readonly gist: string;
  /** 0 nothing of note, 1 warnings, 2 errors, 3 worse. */
  readonly trouble: number;

  constructor(readonly text: string) {
    this.lines = dataIn(text)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    this.gist = gistOf(this.lines, this.troubles);
    this.trouble = levelOf(text);
  }

  /** Lines that tell of trouble. */
  get troubles(): string[] {
    return this.lines.filter((line) => levelOf(line) >= 2);
  }

  /** ISO 8601 times, earliest first. */
  get times(): string[] {
    return (this.text.match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)/g) ?? []).sort();
  }

  /** Values written as `name: value`, `name=value` or `"name":"value"`, in order. */
  valuesOf(name: string): string[] {
    const pattern = new RegExp(`(?<![a-z0-9_])${escaped(name)}["']?\\s*[:=]\\s*["']?([^"',;}\\]\\n]+)`, 'gi');
    return [...this.text.matchAll(pattern)].map((match) => match[1]!.trim());
  }

  /** A number behind the name, or before one of its words: `event_count` finds `event_count: 5` and `5 events`. */
  numberOf(name: string): number | undefined {
    const value = this.valuesOf(name).map(Number).find(Number.isFinite);
    if (value !== undefined) return value;
    for (const word of wordsOfName(name)) {
      const match = new RegExp(`(-?\\d+(?:\\.\\d+)?)\\s+${escaped(word)}`, 'i').exec(this.text);
      if (match) return Number(match[1]);
    }
    return undefined;
  }

  /** How often the word stands in the text. */
  mentions(word: string): number {
    return (this.text.match(new RegExp(`\\b${escaped(word)}\\b`, 'gi')) ?? []).length;
  }
}

/** The words of a field's name, `recommended_actions` or `recommendedActions`. */
export function wordsOfName(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

export function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, Math.max(limit - 1, 0)).toWellFormed()}…`;
}

function levelOf(text: string): number {
  return TROUBLE.find(([, words]) => words.test(text))?.[0] ?? 0;
}

/** What came from outside, without our instruction before it. */
function dataIn(text: string): string {
  const start = text.indexOf(DATA_START);
  return start < 0 ? text : text.slice(start + DATA_START.length).replace(DATA_END, '');
}

function gistOf(lines: string[], troubles: string[]): string {
  if (lines.length < 2) return shortened(lines[0] ?? 'Nothing was given.', 300);
  const told = troubles.at(-1) ?? lines.at(-1)!;
  const what =
    troubles.length > 0 ? `${troubles.length} of ${lines.length} lines tell of trouble` : `${lines.length} lines`;
  return `${what}; the last: ${shortened(told, 200)}`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
