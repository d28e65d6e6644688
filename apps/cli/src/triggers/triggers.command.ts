import { Command, CommandRunner } from 'nest-commander';
import { TriggersListCommand } from './triggers-list.command';
import { TriggersPauseCommand } from './triggers-pause.command';
import { TriggersResumeCommand } from './triggers-resume.command';
import { TriggersExplainCommand } from './triggers-explain.command';

@Command({
  name: 'triggers',
  description: 'Triggers: what acts on events',
  subCommands: [TriggersListCommand, TriggersPauseCommand, TriggersResumeCommand, TriggersExplainCommand],
})
export class TriggersCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true });
  }
}
