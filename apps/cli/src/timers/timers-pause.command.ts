import { SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { OperatorCommand, type OperatorOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';

@SubCommand({ name: 'pause', arguments: '<name>', description: 'Make no more ticks of a timer' })
export class TimersPauseCommand extends OperatorCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([name]: [string], { reason, json }: OperatorOptions): Promise<void> {
    const { timers, audit } = await this.workspace.open();
    const action = { ...operator(reason), action: 'timer.pause', target: name };
    await audit.perform(action, () => timers.pause(name));
    if (json) printJson({ name, paused: true });
    else printLine(`Paused "${name}".`);
  }
}
