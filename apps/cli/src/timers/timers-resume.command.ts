import { SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { OperatorCommand, type OperatorOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';

@SubCommand({ name: 'resume', arguments: '<name>', description: 'Make ticks again, from now on' })
export class TimersResumeCommand extends OperatorCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([name]: [string], { reason, json }: OperatorOptions): Promise<void> {
    const { timers, audit } = await this.workspace.open();
    const action = { ...operator(reason), action: 'timer.resume', target: name };
    await audit.perform(action, () => timers.resume(name));
    if (json) printJson({ name, paused: false });
    else printLine(`Resumed "${name}".`);
  }
}
