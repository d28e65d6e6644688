import { SubCommand } from 'nest-commander';
import { printJson } from '../answer';
import { ServiceCommand, type ServiceOptions } from '../service';

@SubCommand({
  name: 'show',
  arguments: '<id>',
  description: 'One attempt with its result, error, tokens and tool calls',
})
export class RunsShowCommand extends ServiceCommand {
  // JSON either way: results have the shape that handlers gave them.
  async run([id]: [string], options: ServiceOptions): Promise<void> {
    printJson(await this.ask(options, 'GET', `/runs/${encodeURIComponent(id)}`));
  }
}
