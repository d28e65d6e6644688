import { SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { OperatorCommand, type OperatorOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';

@SubCommand({ name: 'resume', arguments: '<name>', description: 'Hand out deliveries to a trigger again' })
export class TriggersResumeCommand extends OperatorCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([name]: [string], { reason, json }: OperatorOptions): Promise<void> {
    const { store, audit } = await this.workspace.open();
    const action = { ...operator(reason), action: 'trigger.resume', target: name };
    await audit.perform(action, () => store.setPaused(name, false));
    if (json) printJson({ name, paused: false });
    else printLine(`Resumed "${name}".`);
  }
}
