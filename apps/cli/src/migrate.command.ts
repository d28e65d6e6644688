import { Command } from 'nest-commander';
import { printJson, printLine } from './answer';
import { ReflexCommand, type CommonOptions } from './reflex.command';
import { Workspace } from './workspace';

@Command({ name: 'migrate', description: 'Bring the schema of the database up to date' })
export class MigrateCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { json }: CommonOptions): Promise<void> {
    // Whoever opens the store migrates.
    await this.workspace.open();
    if (json) printJson({ status: 'up_to_date' });
    else printLine('The schema is up to date.');
  }
}
