import { Command, CommandRunner } from 'nest-commander';
import { SecretsDeleteCommand } from './secrets-delete.command';
import { SecretsListCommand } from './secrets-list.command';
import { SecretsRotateCommand } from './secrets-rotate.command';
import { SecretsSetCommand } from './secrets-set.command';

@Command({
  name: 'secrets',
  description: 'What tools send along and nobody reads; the running service, which has the keys, is asked',
  subCommands: [SecretsSetCommand, SecretsListCommand, SecretsDeleteCommand, SecretsRotateCommand],
})
export class SecretsCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true });
  }
}
