import { Option, SubCommand } from 'nest-commander';
import { PER_SECOND, rateOf, wholeNumber } from '../options';
import { ReasonOption } from '../reflex.command';
import { watchedToItsEnd } from '../watched-operation';
import { operator, Workspace } from '../workspace';
import { filterOf, LetterCommand, type LetterOptions } from './letter.command';

interface Options extends LetterOptions {
  limit?: number;
  rate?: number;
  stopOnFailure: boolean;
  reason?: string;
}

@SubCommand({ name: 'retry-all', description: 'Deliver again all dead letters that the filter finds, at a pace' })
export class DlqRetryAllCommand extends LetterCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(
    _words: string[],
    { limit, rate = PER_SECOND, stopOnFailure, reason, json, ...options }: Options,
  ): Promise<void> {
    const tools = await this.workspace.open();
    const by = operator(reason);
    const request = { filter: filterOf(options), limit: limit ?? null, rate, stopOnFailure };
    await watchedToItsEnd(tools, () => tools.deadLetters.retryMany(request, by), { by, what: 'retried', json });
  }

  @Option({ flags: '--limit <count>', description: 'At most so many, the oldest first; default all' })
  parseLimit(text: string): number {
    return wholeNumber('--limit', text, [1, 10_000_000]);
  }

  @Option({ flags: '--rate <count>', description: `At most so many per second; default ${PER_SECOND}` })
  parseRate(text: string): number {
    return rateOf(text);
  }

  @Option({ flags: '--no-stop-on-failure', description: 'Go on when one gives up again' })
  parseStopOnFailure(): boolean {
    return false;
  }

  @ReasonOption()
  parseReason(text: string): string {
    return text;
  }
}
