import { Command, CommandRunner } from 'nest-commander';
import { ApprovalsApproveCommand } from './approvals-approve.command';
import { ApprovalsDenyCommand } from './approvals-deny.command';
import { ApprovalsListCommand } from './approvals-list.command';
import { ApprovalsShowCommand } from './approvals-show.command';

@Command({
  name: 'approvals',
  description: 'Calls of tools that people have to agree to',
  subCommands: [ApprovalsListCommand, ApprovalsShowCommand, ApprovalsApproveCommand, ApprovalsDenyCommand],
})
export class ApprovalsCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true });
  }
}
