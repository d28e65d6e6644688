import { Command, CommandRunner } from 'nest-commander';
import { TimersListCommand } from './timers-list.command';
import { TimersPauseCommand } from './timers-pause.command';
import { TimersResumeCommand } from './timers-resume.command';

@Command({
  name: 'timers',
  description: 'Timers, which make ticks',
  subCommands: [TimersListCommand, TimersPauseCommand, TimersResumeCommand],
})
export class TimersCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true });
  }
}
