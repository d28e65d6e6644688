import { triggerJson } from '@reflex/triggers';
import { SubCommand } from 'nest-commander';
import { printJson, printTable } from '../answer';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';

@SubCommand({ name: 'list', description: 'The triggers there are' })
export class TriggersListCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { json }: CommonOptions): Promise<void> {
    const { store } = await this.workspace.open();
    const triggers = await store.triggers();
    if (json) return printJson({ items: triggers.map((trigger) => triggerJson(trigger)), next_cursor: null });
    printTable(
      triggers,
      [
        ['TRIGGER', ({ name }) => name],
        ['TYPES', ({ types }) => types.join(',')],
        ['SCOPE', ({ scope }) => scope?.join(',') ?? null],
        ['PRIORITY', ({ priority }) => priority],
        ['STATE', ({ active, paused }) => (active ? (paused ? 'paused' : 'active') : 'retired')],
      ],
      'There are no triggers: no service has started on this database yet.',
    );
  }
}
