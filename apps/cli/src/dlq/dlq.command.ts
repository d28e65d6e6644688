import { Command, CommandRunner } from 'nest-commander';
import { DlqClustersCommand } from './dlq-clusters.command';
import { DlqEditCommand } from './dlq-edit.command';
import { DlqExportCommand } from './dlq-export.command';
import { DlqPurgeCommand } from './dlq-purge.command';
import { DlqRetryAllCommand } from './dlq-retry-all.command';
import { DlqDeleteCommand } from './dlq-delete.command';
import { DlqListCommand } from './dlq-list.command';
import { DlqRetryCommand } from './dlq-retry.command';
import { DlqShowCommand } from './dlq-show.command';

@Command({
  name: 'dlq',
  description: 'Dead letters: deliveries that gave up',
  subCommands: [
    DlqListCommand,
    DlqShowCommand,
    DlqRetryCommand,
    DlqDeleteCommand,
    DlqClustersCommand,
    DlqEditCommand,
    DlqExportCommand,
    DlqPurgeCommand,
    DlqRetryAllCommand,
  ],
})
export class DlqCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true });
  }
}
