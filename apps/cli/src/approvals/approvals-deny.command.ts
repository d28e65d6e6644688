import { Option, SubCommand } from 'nest-commander';
import { approvalJson } from '@reflex/dlq';
import { printJson, printLine } from '../answer';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';

interface Options extends CommonOptions {
  why: string;
}

@SubCommand({ name: 'deny', arguments: '<id>', description: 'Refuse it; the agent is told why, and goes on without' })
export class ApprovalsDenyCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([id]: [string], { why, json }: Options): Promise<void> {
    const { approvals } = await this.workspace.open();
    const approval = await approvals.deny(id, operator(why));
    if (json) printJson(approvalJson(approval));
    else printLine(`"${approval.tool}" will not be called.`);
  }

  @Option({ flags: '--why <text>', description: 'Why, for the agent and the audit', required: true })
  parseWhy(text: string): string {
    return text;
  }
}
