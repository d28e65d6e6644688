import { Command, CommandRunner } from 'nest-commander';
import { RunsExportCommand } from './runs-export.command';
import { RunsListCommand } from './runs-list.command';
import { RunsShowCommand } from './runs-show.command';
import { RunsStatsCommand } from './stats.command';

@Command({
  name: 'runs',
  description: 'What triggers and agents did',
  subCommands: [RunsListCommand, RunsShowCommand, RunsExportCommand, RunsStatsCommand],
})
export class RunsCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true });
  }
}
