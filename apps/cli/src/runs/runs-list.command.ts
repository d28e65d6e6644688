import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine, printTable, type Column } from '../answer';
import { wholeNumber } from '../options';
import { ServiceCommand, type ServiceOptions } from '../service';

interface Options extends ServiceOptions {
  trigger?: string;
  event?: string;
  outcome?: string;
  limit?: number;
  cursor?: string;
}

interface Run {
  id: string;
  trigger: string;
  outcome: string;
  event_id: string;
  attempt: number;
  duration_ms: number;
  settled_at: string;
}

const COLUMNS: Column<Run>[] = [
  ['RUN', ({ id }) => id],
  ['TRIGGER', ({ trigger }) => trigger],
  ['OUTCOME', ({ outcome }) => outcome],
  ['EVENT', ({ event_id }) => event_id],
  ['ATTEMPT', ({ attempt }) => attempt],
  ['MS', ({ duration_ms }) => Math.round(duration_ms)],
  ['SETTLED', ({ settled_at }) => new Date(settled_at)],
];

@SubCommand({ name: 'list', description: 'Recorded attempts, newest first' })
export class RunsListCommand extends ServiceCommand {
  async run(_words: string[], options: Options): Promise<void> {
    const { trigger, event, outcome, limit, cursor } = options;
    const given = Object.entries({ trigger, event_id: event, outcome, limit, cursor });
    const query = new URLSearchParams(
      given.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]])),
    );
    const page = (await this.ask(options, 'GET', `/runs?${query.toString()}`)) as {
      items: Run[];
      next_cursor: string | null;
    };
    if (options.json) return printJson(page);
    printTable(page.items, COLUMNS, 'There are none.');
    if (page.next_cursor !== null) printLine(`The next page: --cursor ${page.next_cursor}`);
  }

  @Option({ flags: '--trigger <name>', description: 'Of this trigger' })
  parseTrigger(text: string): string {
    return text;
  }

  @Option({ flags: '--event <id>', description: 'Of this event' })
  parseEvent(text: string): string {
    return text;
  }

  @Option({ flags: '--outcome <outcome>', description: 'completed, failed, filtered …' })
  parseOutcome(text: string): string {
    return text;
  }

  @Option({ flags: '--limit <count>', description: '1 to 1000; default 100' })
  parseLimit(text: string): number {
    return wholeNumber('--limit', text, [1, 1_000]);
  }

  @Option({ flags: '--cursor <cursor>', description: 'Where the page before ended' })
  parseCursor(text: string): string {
    return text;
  }
}
