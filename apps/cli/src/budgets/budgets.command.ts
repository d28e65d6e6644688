import { Command, CommandRunner } from 'nest-commander';
import { BudgetsListCommand } from './budgets-list.command';
import { BudgetsRaiseCommand } from './budgets-raise.command';

@Command({
  name: 'budgets',
  description: 'What agents may use, and have used',
  subCommands: [BudgetsListCommand, BudgetsRaiseCommand],
})
export class BudgetsCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true });
  }
}
