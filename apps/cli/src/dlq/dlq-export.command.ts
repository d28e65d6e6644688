import { deadLetterJson } from '@reflex/dlq';
import type { DeadLetter } from '@reflex/event-store';
import { Option, SubCommand } from 'nest-commander';
import { writeJsonLines } from '../json-lines';
import { ReasonOption } from '../reflex.command';
import { operator, Workspace } from '../workspace';
import { filterOf, LetterCommand, type LetterOptions } from './letter.command';

interface Options extends LetterOptions {
  output?: string;
  reason?: string;
}

@SubCommand({ name: 'export', description: 'Dead letters as JSON lines, newest first' })
export class DlqExportCommand extends LetterCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { output, reason, ...options }: Options): Promise<void> {
    const { deadLetters } = await this.workspace.open();
    const letters = await deadLetters.export(filterOf(options), operator(reason));
    const count = await writeJsonLines(asJson(letters), output);
    process.stderr.write(`Exported ${count} dead letters${output === undefined ? '' : ` to ${output}`}.\n`);
  }

  @Option({ flags: '-o, --output <file>', description: 'Write here instead of to standard output' })
  parseOutput(text: string): string {
    return text;
  }

  @ReasonOption()
  parseReason(text: string): string {
    return text;
  }
}

async function* asJson(letters: AsyncIterable<DeadLetter>): AsyncIterable<Record<string, unknown>> {
  for await (const letter of letters) yield deadLetterJson(letter);
}
