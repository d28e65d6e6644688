import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { fieldsOf } from '../options';
import { ReasonOption } from '../reflex.command';
import { ServiceCommand, type ServiceOptions } from '../service';

interface Options extends ServiceOptions {
  data: Record<string, unknown>;
  reason?: string;
}

@SubCommand({
  name: 'edit',
  arguments: '<id>',
  description: 'Replace the payload that a retry gets; the running service checks it against the type',
})
export class DlqEditCommand extends ServiceCommand {
  async run([id]: [string], { data, reason, json, ...service }: Options): Promise<void> {
    const body = { payload: data, ...(reason === undefined ? {} : { reason }) };
    const letter = await this.ask(service, 'PATCH', `/events/dlq/${encodeURIComponent(id)}`, body);
    if (json) return printJson(letter);
    printLine(
      `Edited. Deliver it again with: reflex dlq retry ${(letter as { dead_letter_id: string }).dead_letter_id}`,
    );
  }

  @Option({ flags: '-d, --data <json>', description: 'All of the event’s own fields', required: true })
  parseData(text: string): Record<string, unknown> {
    return fieldsOf('--data', text);
  }

  @ReasonOption()
  parseReason(text: string): string {
    return text;
  }
}
