import { Option, SubCommand } from 'nest-commander';
import { deadLetterJson } from '@reflex/dlq';
import { printJson, printLine, printTable } from '../answer';
import { wholeNumber } from '../options';
import { Workspace } from '../workspace';
import { LETTER_COLUMNS } from './letter-view';
import { filterOf, LetterCommand, type LetterOptions } from './letter.command';

interface Options extends LetterOptions {
  limit?: number;
  cursor?: string;
}

@SubCommand({ name: 'list', description: 'Dead letters, newest first' })
export class DlqListCommand extends LetterCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { json, limit, cursor, ...options }: Options): Promise<void> {
    const { deadLetters } = await this.workspace.open();
    const { count, items, nextCursor } = await deadLetters.list({ ...filterOf(options), limit, cursor });
    if (json)
      return printJson({ count, events: items.map((letter) => deadLetterJson(letter)), next_cursor: nextCursor });
    printTable(items, LETTER_COLUMNS, 'There are no dead letters.');
    if (nextCursor !== null) printLine(`${count} in all; the next page: --cursor ${nextCursor}`);
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
