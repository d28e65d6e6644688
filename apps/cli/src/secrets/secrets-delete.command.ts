import { SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { ReasonOption } from '../reflex.command';
import { ServiceCommand, type ServiceOptions } from '../service';

interface Options extends ServiceOptions {
  reason?: string;
}

@SubCommand({ name: 'delete', arguments: '<name>', description: 'Tools that refer to it fail from then on' })
export class SecretsDeleteCommand extends ServiceCommand {
  async run([name]: [string], { reason, json, ...service }: Options): Promise<void> {
    const body = reason === undefined ? undefined : { reason };
    const deleted = await this.ask(service, 'DELETE', `/secrets/${encodeURIComponent(name)}`, body);
    if (json) printJson(deleted);
    else printLine(`Deleted ${name}.`);
  }

  @ReasonOption()
  parseReason(text: string): string {
    return text;
  }
}
