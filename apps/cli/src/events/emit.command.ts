import { Command, Option } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { Misuse } from '../complaint';
import { fieldsOf } from '../options';
import { ServiceCommand, type ServiceOptions } from '../service';

interface Options extends ServiceOptions {
  data?: Record<string, unknown>;
  source?: string;
  id?: string;
}

@Command({
  name: 'emit',
  arguments: '<type>',
  description: 'Publish an event to the running service, and print its id',
})
export class EmitCommand extends ServiceCommand {
  async run([type]: [string], { data = {}, source = 'cli', id, json, ...service }: Options): Promise<void> {
    const taken = ['type', 'source', 'id'].find((field) => Object.hasOwn(data, field));
    if (taken !== undefined) {
      throw new Misuse(
        `--data holds the event's own fields; say ${taken === 'type' ? 'the type' : `--${taken}`} apart.`,
      );
    }
    const event = { ...data, type, source, ...(id === undefined ? {} : { id }) };
    const published = (await this.ask(service, 'POST', '/events', event)) as { id: string };
    if (json) printJson(published);
    else printLine(published.id);
  }

  @Option({ flags: '-d, --data <json>', description: 'The event’s own fields, such as \'{"message":"hello"}\'' })
  parseData(text: string): Record<string, unknown> {
    return fieldsOf('--data', text);
  }

  @Option({ flags: '--source <source>', description: 'Where it comes from; default cli' })
  parseSource(text: string): string {
    return text;
  }

  @Option({ flags: '--id <id>', description: 'An id of your own: the same one again stores nothing' })
  parseId(text: string): string {
    return text;
  }
}
