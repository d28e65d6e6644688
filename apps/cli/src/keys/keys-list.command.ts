import { SubCommand } from 'nest-commander';
import { printJson, printTable } from '../answer';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';
import { KEY_COLUMNS, keyJson } from './key-view';

@SubCommand({ name: 'list', description: 'All keys, without their secrets' })
export class KeysListCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { json }: CommonOptions): Promise<void> {
    const { keys } = await this.workspace.open();
    const all = await keys.list();
    if (json) printJson({ items: all.map((key) => keyJson(key)), next_cursor: null });
    else
      printTable(all, KEY_COLUMNS, 'There is no key yet. Make one: reflex keys create --name operator --scopes admin');
  }
}
