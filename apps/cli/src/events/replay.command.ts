import type { ReplayDryRun } from '@reflex/core';
import { toEnvelope } from '@reflex/events';
import { operationJson } from '@reflex/dlq';
import type { EventStore, StoredEvent } from '@reflex/event-store';
import { Command, Option } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { Misuse } from '../complaint';
import { writeJsonLines } from '../json-lines';
import { namesOf, PER_SECOND, rateOf, wholeNumber } from '../options';
import { lengthOfTime, timePast } from '../point-in-time';
import { ReasonOption } from '../reflex.command';
import { ServiceCommand, ServiceUnreachable, type ServiceOptions } from '../service';
import { watchedToItsEnd } from '../watched-operation';
import { printDryRun, printForecast } from './dry-run-view';
import { operator, Workspace } from '../workspace';

interface Options extends ServiceOptions {
  reason?: string;
  last?: number;
  start?: Date;
  end?: Date;
  types?: string[];
  output?: string;
  triggers?: string[];
  execute?: boolean;
  dryRun?: boolean;
  rate?: number;
  stopOnFailure: boolean;
  detach?: boolean;
  limit?: number;
}

interface Range {
  from: Date;
  to: Date;
  types?: string[];
}

@Command({
  name: 'replay',
  description:
    'Read history as JSON lines; or deliver it again to named triggers (--execute), or tell what would be (--dry-run)',
})
export class ReplayCommand extends ServiceCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], options: Options): Promise<void> {
    const range = rangeOf(options, Date.now());
    const { execute, dryRun, triggers, output, reason, json, rate = PER_SECOND, stopOnFailure, detach } = options;
    if (execute && dryRun) throw new Misuse('Say either --execute or --dry-run.');
    if (execute && triggers === undefined)
      throw new Misuse('--execute needs --triggers with the names of who gets it.');
    if (!execute && !dryRun) {
      if (triggers !== undefined) throw new Misuse('--triggers goes with --dry-run or --execute.');
      const { store } = await this.workspace.open();
      return exported(store, range, output);
    }
    if (output !== undefined) throw new Misuse('--output goes without --dry-run and --execute.');
    if (dryRun) return this.rehearse(options, range);
    const tools = await this.workspace.open();
    const { operations } = tools;
    const by = operator(reason);
    const begin = () => operations.replay({ ...range, triggers: triggers!, rate, stopOnFailure }, by);
    if (!detach) return watchedToItsEnd(tools, begin, { by, what: 'delivered again', json });
    const begun = await begin();
    if (json) printJson(operationJson(begun));
    else printLine(begun.id);
  }

  /** The service has the filters and conditions; without it, one can still be told how many there are. */
  private async rehearse(options: Options, range: Range): Promise<void> {
    const { triggers, json, limit, rate } = options;
    const body = { ...range, triggers, mode: 'dry_run', limit, rate_per_second: rate };
    try {
      const dryRun = (await this.watch(options, '/events/replay', body, 'events')) as ReplayDryRun;
      return json ? printJson(dryRun) : printDryRun(dryRun);
    } catch (error) {
      if (!(error instanceof ServiceUnreachable)) throw error;
      process.stderr.write(`${error.message} So this counts, and asks no filter.\n`);
    }
    const { store, operations } = await this.workspace.open();
    await operations.assertTriggers(triggers ?? []);
    const forecast = await store.operations.forecastReplay(range, triggers);
    if (json) printJson({ mode: 'dry_run', ...forecast });
    else printForecast(forecast);
  }

  @ReasonOption()
  parseReason(text: string): string {
    return text;
  }

  @Option({
    flags: '--limit <count>',
    description: 'With --dry-run: of how many events to tell each decision; default 100',
  })
  parseLimit(text: string): number {
    return wholeNumber('--limit', text, [0, 1_000]);
  }

  @Option({ flags: '--last <duration>', description: 'Received within 30m, 1h, 2d …' })
  parseLast(text: string): number {
    return lengthOfTime('--last', text);
  }

  @Option({ flags: '--start <time>', description: 'Received at or after: ISO 8601, UTC without a zone' })
  parseStart(text: string): Date {
    return timePast(text, Date.now());
  }

  @Option({ flags: '--end <time>', description: 'Received before; default now' })
  parseEnd(text: string): Date {
    return timePast(text, Date.now());
  }

  @Option({ flags: '--types <list>', description: 'Types or globs, separated by commas' })
  parseTypes(text: string): string[] {
    return namesOf('--types', text);
  }

  @Option({ flags: '-o, --output <file>', description: 'Write here instead of to standard output' })
  parseOutput(text: string): string {
    return text;
  }

  @Option({ flags: '--triggers <list>', description: 'Names of triggers, separated by commas' })
  parseTriggers(text: string): string[] {
    return namesOf('--triggers', text);
  }

  @Option({ flags: '--execute', description: 'Deliver again' })
  parseExecute(): boolean {
    return true;
  }

  @Option({ flags: '--rate <count>', description: `With --execute: at most so many per second; default ${PER_SECOND}` })
  parseRate(text: string): number {
    return rateOf(text);
  }

  @Option({ flags: '--no-stop-on-failure', description: 'With --execute: go on when one gives up' })
  parseStopOnFailure(): boolean {
    return false;
  }

  @Option({
    flags: '--detach',
    description: 'With --execute: print the id of the operation, and let it go on by itself',
  })
  parseDetach(): boolean {
    return true;
  }

  @Option({ flags: '--dry-run', description: 'Only tell what would be delivered, and what triggers would make of it' })
  parseDryRun(): boolean {
    return true;
  }
}

function rangeOf({ last, start, end, types }: Options, now: number): Range {
  if ((last === undefined) === (start === undefined)) throw new Misuse('Say either --last 1h or --start <time>.');
  if (last !== undefined && end !== undefined) throw new Misuse('--end goes with --start, not with --last.');
  const from = start ?? new Date(now - last!);
  if (!(from.getTime() > -62_135_596_800_000)) throw new Misuse('--last goes back further than years are counted.');
  const to = end ?? new Date(now);
  if (from > to) throw new Misuse('--start must be before --end.');
  return { from, to, types };
}

async function exported(store: EventStore, range: Range, output: string | undefined): Promise<void> {
  const count = await writeJsonLines(envelopes(store.read(range)), output);
  process.stderr.write(`Replayed ${count} events${output === undefined ? '' : ` to ${output}`}.\n`);
}

async function* envelopes(events: AsyncIterable<StoredEvent>): AsyncIterable<Record<string, unknown>> {
  for await (const event of events) yield { ...toEnvelope(event) };
}
