import { SubCommand } from 'nest-commander';
import { effectJson } from '@reflex/dlq';
import { printJson } from '../answer';
import { ReflexCommand } from '../reflex.command';
import { Workspace } from '../workspace';

@SubCommand({ name: 'show', arguments: '<id>', description: 'What it was called with and what it answered' })
export class EffectsShowCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  // JSON either way: input and result have the shape that the tool gave them.
  async run([id]: [string]): Promise<void> {
    const { effects } = await this.workspace.open();
    printJson(effectJson(await effects.get(id)));
  }
}
