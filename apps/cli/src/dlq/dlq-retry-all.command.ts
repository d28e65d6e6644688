import { setTimeout as delay } from 'node:timers/promises';
import { operationJson } from '@reflex/dlq';
import type { Operation } from '@reflex/event-store';
import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { Misuse } from '../complaint';
import { wholeNumber } from '../options';
import { progressOf } from '../progress';
import { ReasonOption } from '../reflex.command';
import { operator, Workspace, type Tools } from '../workspace';
import { filterOf, LetterCommand, type LetterOptions } from './letter.command';

interface Options extends LetterOptions {
  limit?: number;
  rate?: number;
  stopOnFailure: boolean;
  reason?: string;
}

const PER_SECOND = 50;
const LOOK_EVERY_MS = 200;

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
    if ((await tools.store.stats()).liveWorkers === 0) {
      process.stderr.write('No worker is alive: what is given back waits until a service runs.\n');
    }
    const request = { filter: filterOf(options), limit: limit ?? null, rate, stopOnFailure };
    const begun = await tools.deadLetters.retryMany(request, by);
    const onInterrupt = (): void => void tools.deadLetters.stop(begun.id, by).catch(() => undefined);
    process.once('SIGINT', onInterrupt);
    const ended = await watched(tools, begun);
    process.off('SIGINT', onInterrupt);
    if (json) printJson(operationJson(ended));
    else printLine(summary(ended));
    if (ended.status !== 'done' || ended.failed > 0) process.exitCode = 1;
  }

  @Option({ flags: '--limit <count>', description: 'At most so many, the oldest first; default all' })
  parseLimit(text: string): number {
    return wholeNumber('--limit', text, [1, 10_000_000]);
  }

  @Option({ flags: '--rate <count>', description: `At most so many per second; default ${PER_SECOND}` })
  parseRate(text: string): number {
    const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (rate >= 0.1 && rate <= 5_000) return rate;
    throw new Misuse('--rate must be a number from 0.1 to 5000.');
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

/** Until it has ended, whichever process takes the steps. */
async function watched({ deadLetters }: Tools, begun: Operation): Promise<Operation> {
  const progress = progressOf('retried', begun.total);
  let now = begun;
  while (now.status === 'running') {
    await delay(LOOK_EVERY_MS);
    now = await deadLetters.operation(begun.id);
    progress.at(now.succeeded + now.failed);
  }
  progress.end();
  return now;
}

function summary({ status, total, done, succeeded, failed, waiting, reason }: Operation): string {
  const counts = `${done} of ${total} were given back: ${succeeded} succeeded, ${failed} gave up again, ${waiting} wait.`;
  return status === 'done' ? counts : `Stopped. ${counts} ${reason ?? ''}`.trimEnd();
}
