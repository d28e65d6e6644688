import { Option, SubCommand } from 'nest-commander';
import { deadLetterJson } from '@reflex/dlq';
import { printJson, printLine, printTable } from '../answer';
import { Misuse } from '../complaint';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';
import { LETTER_COLUMNS } from './letter-view';

interface Options extends CommonOptions {
  trigger?: string;
  type?: string;
  limit?: number;
  cursor?: string;
}

@SubCommand({ name: 'list', description: 'Dead letters, newest first' })
export class DlqListCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { json, ...search }: Options): Promise<void> {
    const { deadLetters } = await this.workspace.open();
    const { count, items, nextCursor } = await deadLetters.list(search);
    if (json)
      return printJson({ count, events: items.map((letter) => deadLetterJson(letter)), next_cursor: nextCursor });
    printTable(items, LETTER_COLUMNS, 'There are no dead letters.');
    if (nextCursor !== null) printLine(`${count} in all; the next page: --cursor ${nextCursor}`);
  }

  @Option({ flags: '--trigger <name>', description: 'Of this trigger' })
  parseTrigger(text: string): string {
    return text;
  }

  @Option({ flags: '--type <type>', description: 'Of events of this type' })
  parseType(text: string): string {
    return text;
  }

  @Option({ flags: '--limit <count>', description: '1 to 1000; default 100' })
  parseLimit(text: string): number {
    if (!/^\d{1,4}$/.test(text) || Number(text) < 1 || Number(text) > 1_000) {
      throw new Misuse('--limit must be a whole number from 1 to 1000.');
    }
    return Number(text);
  }

  @Option({ flags: '--cursor <cursor>', description: 'Where the page before ended' })
  parseCursor(text: string): string {
    return text;
  }
}
