import { SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { OperatorCommand, type OperatorOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';

@SubCommand({ name: 'delete', arguments: '<id>', description: 'Delete a dead letter for good, or all of an event' })
export class DlqDeleteCommand extends OperatorCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([id]: [string], { reason, json }: OperatorOptions): Promise<void> {
    const { deadLetters } = await this.workspace.open();
    const { deleted } = await deadLetters.delete(id, operator(reason));
    if (json) printJson({ status: 'deleted', deleted });
    else printLine(`Deleted ${deleted}.`);
  }
}
