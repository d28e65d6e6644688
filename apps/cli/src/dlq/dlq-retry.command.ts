import { SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { OperatorCommand, type OperatorOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';

@SubCommand({ name: 'retry', arguments: '<id>', description: 'Deliver a dead letter again, or all of an event' })
export class DlqRetryCommand extends OperatorCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([id]: [string], { reason, json }: OperatorOptions): Promise<void> {
    const { deadLetters } = await this.workspace.open();
    const { eventId, retried } = await deadLetters.retry(id, operator(reason));
    if (json) printJson({ status: 'retrying', event_id: eventId, retried });
    else printLine(`Retrying ${retried} of event ${eventId}.`);
  }
}
