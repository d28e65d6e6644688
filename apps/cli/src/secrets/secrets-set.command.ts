import { SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { Misuse } from '../complaint';
import { ReasonOption } from '../reflex.command';
import { ServiceCommand, type ServiceOptions } from '../service';
import { secretFrom } from './secret-input';

interface Options extends ServiceOptions {
  reason?: string;
}

@SubCommand({
  name: 'set',
  arguments: '<name>',
  description: 'Store a secret or give it another value, which is asked for or read from standard input',
})
export class SecretsSetCommand extends ServiceCommand {
  async run([name, ...rest]: [string, ...string[]], { reason, json, ...service }: Options): Promise<void> {
    if (rest.length > 0) {
      throw new Misuse(
        'A value is no argument, where the shell and `ps` keep it. Leave it out and type it when asked.',
      );
    }
    const value = await secretFrom(process.stdin, `Value of ${name} (not shown)`);
    const body = { value, ...(reason === undefined ? {} : { reason }) };
    const secret = await this.ask(service, 'PUT', `/secrets/${encodeURIComponent(name)}`, body);
    if (json) return printJson(secret);
    printLine(`Stored ${name}. Tools know it within a second; nobody can read it again.`);
  }

  @ReasonOption()
  parseReason(text: string): string {
    return text;
  }
}
