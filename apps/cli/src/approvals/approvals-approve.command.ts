import { Option, SubCommand } from 'nest-commander';
import { approvalJson } from '@reflex/dlq';
import { printJson, printLine } from '../answer';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';

interface Options extends CommonOptions {
  why?: string;
}

@SubCommand({ name: 'approve', arguments: '<id>', description: 'Agree to exactly this call, once' })
export class ApprovalsApproveCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([id]: [string], { why, json }: Options): Promise<void> {
    const { approvals } = await this.workspace.open();
    const approval = await approvals.approve(id, operator(why));
    if (json) return printJson(approvalJson(approval));
    const { status, tool, people, decisions } = approval;
    printLine(status === 'pending' ? `${decisions.length} of ${people} have agreed.` : `"${tool}" may be called now.`);
  }

  @Option({ flags: '--why <text>', description: 'Why, for the audit' })
  parseWhy(text: string): string {
    return text;
  }
}
