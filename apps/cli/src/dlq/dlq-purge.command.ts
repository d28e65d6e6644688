import { ReflexError } from '@reflex/core';
import { UnexpectedCount } from '@reflex/dlq';
import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { Misuse } from '../complaint';
import { wholeNumber } from '../options';
import { ReasonOption } from '../reflex.command';
import { operator, Workspace } from '../workspace';
import { filterOf, LetterCommand, type LetterOptions } from './letter.command';

interface Options extends LetterOptions {
  expected?: number;
  yes?: boolean;
  reason?: string;
}

/** No filter finds so many, so that asking for them tells the number there is and deletes nothing. */
const NONE_HAS_SO_MANY = -1;

class OtherCount extends ReflexError {
  readonly code = 'unexpected_count';
}

@SubCommand({ name: 'purge', description: 'Delete for good all dead letters that the filter finds' })
export class DlqPurgeCommand extends LetterCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { expected, yes, reason, json, ...options }: Options): Promise<void> {
    if (expected === undefined && !yes) {
      throw new Misuse('Say --expected with the number of dead letters that you believe there are, or --yes for any.');
    }
    const { deadLetters, store } = await this.workspace.open();
    const filter = filterOf(options);
    const number = expected ?? (await store.deadLetters.purge(filter, NONE_HAS_SO_MANY)).found;
    try {
      const { deleted } = await deadLetters.purge(filter, number, operator(reason));
      if (json) printJson({ status: 'deleted', deleted });
      else printLine(`Deleted ${deleted}.`);
    } catch (error) {
      if (!(error instanceof UnexpectedCount)) throw error;
      const { found } = error.details as { found: number };
      throw new OtherCount(
        `The filter finds ${found} dead letters, not ${number}; nothing was deleted. Look at them with "reflex dlq list", then say --expected ${found}.`,
      );
    }
  }

  @Option({ flags: '--expected <count>', description: 'Delete only if there are so many' })
  parseExpected(text: string): number {
    return wholeNumber('--expected', text, [0, 999_999_999]);
  }

  @Option({ flags: '--yes', description: 'Delete however many there are' })
  parseYes(): boolean {
    return true;
  }

  @ReasonOption()
  parseReason(text: string): string {
    return text;
  }
}
