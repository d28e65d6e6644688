import { SubCommand } from 'nest-commander';
import { deadLetterJson } from '@reflex/dlq';
import { printJson } from '../answer';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';

@SubCommand({
  name: 'show',
  arguments: '<id>',
  description: 'A dead letter, or all of an event, with payload and history',
})
export class DlqShowCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  // JSON either way: a payload has the shape that its sender gave it.
  async run([id]: [string], { json }: CommonOptions): Promise<void> {
    const { deadLetters } = await this.workspace.open();
    const letters = (await deadLetters.get(id)).map((letter) => deadLetterJson(letter));
    if (json) printJson({ items: letters, next_cursor: null });
    else for (const letter of letters) printJson(letter);
  }
}
