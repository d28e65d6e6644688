import { explanationText, type Explanation } from '@reflex/core';
import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { ServiceCommand, type ServiceOptions } from '../service';

interface Options extends ServiceOptions {
  event: string;
}

@SubCommand({
  name: 'explain',
  arguments: '<name>',
  description: 'Why a trigger acts on an event or does not; the running service, which has its code, is asked',
})
export class TriggersExplainCommand extends ServiceCommand {
  async run([name]: [string], { event, json, ...service }: Options): Promise<void> {
    const path = `/triggers/${encodeURIComponent(name)}/explain?event=${encodeURIComponent(event)}`;
    const explanation = (await this.ask(service, 'GET', path)) as Explanation;
    if (json) printJson(explanation);
    else printLine(explanationText(explanation, { colours: process.stdout.hasColors?.() ?? false }));
  }

  @Option({ flags: '--event <id>', description: 'Id of the event', required: true })
  parseEvent(text: string): string {
    return text;
  }
}
