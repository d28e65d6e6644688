import { Command, CommandRunner } from 'nest-commander';
import { EffectsListCommand } from './effects-list.command';
import { EffectsResolveCommand } from './effects-resolve.command';
import { EffectsShowCommand } from './effects-show.command';

@Command({
  name: 'effects',
  description: 'What deliveries did outside: calls of tools and answers of models',
  subCommands: [EffectsListCommand, EffectsShowCommand, EffectsResolveCommand],
})
export class EffectsCommand extends CommandRunner {
  async run(): Promise<void> {
    this.command.help({ error: true });
  }
}
