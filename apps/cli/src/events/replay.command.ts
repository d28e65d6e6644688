import { toEnvelope } from '@reflex/events';
import type { EventStore, StoredEvent } from '@reflex/event-store';
import { Command, Option } from 'nest-commander';
import { printJson, printTable } from '../answer';
import { Misuse } from '../complaint';
import { writeJsonLines } from '../json-lines';
import { namesOf } from '../options';
import { lengthOfTime, timePast } from '../point-in-time';
import { OperatorCommand, type OperatorOptions } from '../reflex.command';
import { operator, Workspace } from '../workspace';
import { assertTriggers, replayInSlices } from './sliced-replay';

interface Options extends OperatorOptions {
  last?: number;
  start?: Date;
  end?: Date;
  types?: string[];
  output?: string;
  triggers?: string[];
  execute?: boolean;
  dryRun?: boolean;
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
export class ReplayCommand extends OperatorCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], options: Options): Promise<void> {
    const range = rangeOf(options, Date.now());
    const { execute, dryRun, triggers, output, reason, json } = options;
    if (execute && dryRun) throw new Misuse('Say either --execute or --dry-run.');
    if (execute && triggers === undefined)
      throw new Misuse('--execute needs --triggers with the names of who gets it.');
    if (!execute && !dryRun) {
      if (triggers !== undefined) throw new Misuse('--triggers goes with --dry-run or --execute.');
      const { store } = await this.workspace.open();
      return exported(store, range, output);
    }
    if (output !== undefined) throw new Misuse('--output goes without --dry-run and --execute.');
    const { store, audit } = await this.workspace.open();
    await assertTriggers(store, triggers ?? []);
    const forecast = await store.replay({ ...range, triggers, mode: 'dry_run' });
    if (dryRun) return printed(forecast, json);
    const action = {
      ...operator(reason),
      action: 'replay.execute',
      target: triggers!.join(', '),
      details: { ...range },
    };
    const act = () => replayInSlices(store, { ...range, triggers, mode: 'execute' }, forecast.events);
    printed(await audit.perform(action, act, (result) => ({ ...result })), json);
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

  @Option({ flags: '--dry-run', description: 'Only tell what would be delivered' })
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

function printed(result: { mode: string; events: number; deliveries: Record<string, number> }, json = false): void {
  if (json) return printJson(result);
  const what = result.mode === 'execute' ? 'DELIVERED AGAIN' : 'WOULD BE DELIVERED';
  printTable(
    Object.entries(result.deliveries),
    [
      ['TRIGGER', ([trigger]) => trigger],
      [what, ([, count]) => count],
    ],
    `No trigger takes any of the ${result.events} events.`,
  );
}
