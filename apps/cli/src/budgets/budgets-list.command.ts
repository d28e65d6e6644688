import { budgetJson } from '@reflex/dlq';
import type { Budget, BudgetLevel } from '@reflex/event-store';
import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine, printTable, type Column } from '../answer';
import { Misuse } from '../complaint';
import { oneOf, wholeNumber } from '../options';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';

interface Options extends CommonOptions {
  exhausted?: boolean;
  level?: BudgetLevel;
  agent?: string;
  day?: string;
  limit?: number;
  cursor?: string;
}

const COLUMNS: Column<Budget>[] = [
  ['BUDGET', ({ id }) => id],
  ['AGENT', ({ agent }) => agent ?? '(all)'],
  ['OF', ({ level, key }) => (key === null ? level : `${level} ${key}`)],
  ['DAY', ({ day }) => day],
  ['UNIT', ({ unit }) => unit],
  ['ALLOWED', ({ allowed }) => rounded(allowed)],
  ['RAISED', ({ raised }) => rounded(raised)],
  ['SPENT', ({ spent }) => rounded(spent)],
  ['RESERVED', ({ reserved }) => rounded(reserved)],
  ['WAITING', ({ waiting }) => waiting],
];

@SubCommand({ name: 'list', description: 'Newest first; --exhausted for those of which nothing is left' })
export class BudgetsListCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { json, ...search }: Options): Promise<void> {
    const { budgets } = await this.workspace.open();
    const { items, nextCursor } = await budgets.list(search);
    if (json) return printJson({ items: items.map((budget) => budgetJson(budget)), next_cursor: nextCursor });
    printTable(items, COLUMNS, 'There are none.');
    if (nextCursor !== null) printLine(`The next page: --cursor ${nextCursor}`);
  }

  @Option({ flags: '--exhausted', description: 'Of today, or of runs, and nothing is left' })
  parseExhausted(): boolean {
    return true;
  }

  @Option({ flags: '--level <level>', description: 'run, day, trigger or scope' })
  parseLevel(text: string): BudgetLevel {
    return oneOf('--level', text, ['run', 'day', 'trigger', 'scope']);
  }

  @Option({ flags: '--agent <name>', description: 'Of this agent' })
  parseAgent(text: string): string {
    return text;
  }

  @Option({ flags: '--day <date>', description: 'Of this day, in UTC' })
  parseDay(text: string): string {
    if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
    throw new Misuse('--day must be a date such as 2026-01-31.');
  }

  @Option({ flags: '--limit <count>', description: '1 to 1000; default 100' })
  parseLimit(text: string): number {
    return wholeNumber('--limit', text, [1, 1_000]);
  }

  @Option({ flags: '--cursor <cursor>', description: 'Where the page before ended' })
  parseCursor(text: string): string {
    return text;
  }
}

function rounded(amount: number): number {
  return Number(amount.toPrecision(6));
}
