import { Command, CommandRunner } from 'nest-commander';
import { RunsStatsCommand } from './stats.command';

@Command({ name: 'runs', description: 'What triggers and agents did', subCommands: [RunsStatsCommand] })
export class RunsCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true });
  }
}
