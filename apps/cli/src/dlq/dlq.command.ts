import { Command, CommandRunner } from 'nest-commander';
import { DlqDeleteCommand } from './dlq-delete.command';
import { DlqListCommand } from './dlq-list.command';
import { DlqRetryCommand } from './dlq-retry.command';
import { DlqShowCommand } from './dlq-show.command';

@Command({
  name: 'dlq',
  description: 'Dead letters: deliveries that gave up',
  subCommands: [DlqListCommand, DlqShowCommand, DlqRetryCommand, DlqDeleteCommand],
})
export class DlqCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true });
  }
}
