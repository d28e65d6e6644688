import { SubCommand } from 'nest-commander';
import { approvalJson } from '@reflex/dlq';
import { printJson } from '../answer';
import { ReflexCommand } from '../reflex.command';
import { Workspace } from '../workspace';

@SubCommand({ name: 'show', arguments: '<id>', description: 'The exact arguments, and what was said' })
export class ApprovalsShowCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  // JSON either way: arguments have the shape that the tool asks for.
  async run([id]: [string]): Promise<void> {
    const { approvals } = await this.workspace.open();
    printJson(approvalJson(await approvals.get(id)));
  }
}
