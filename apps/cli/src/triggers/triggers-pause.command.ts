import { SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { OperatorCommand, type OperatorOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';

@SubCommand({ name: 'pause', arguments: '<name>', description: 'Hand out no more deliveries to a trigger; they wait' })
export class TriggersPauseCommand extends OperatorCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([name]: [string], { reason, json }: OperatorOptions): Promise<void> {
    const { store, audit } = await this.workspace.open();
    const action = { ...operator(reason), action: 'trigger.pause', target: name };
    await audit.perform(action, () => store.setPaused(name, true));
    if (json) printJson({ name, paused: true });
    else printLine(`Paused "${name}".`);
  }
}
