import { runStatsJson } from '@reflex/dlq';
import type { RunStats, StatsGroup } from '@reflex/event-store';
import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine, printTable, type Column } from '../answer';
import { Misuse } from '../complaint';
import { namesOf, oneOf, wholeNumber } from '../options';
import { timePast } from '../point-in-time';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';

interface Options extends CommonOptions {
  from?: Date;
  to?: Date;
  by?: StatsGroup[];
  limit?: number;
  cursor?: string;
}

const GROUPS = ['agent', 'trigger', 'day'] as const;
const DAY_MS = 86_400_000;
const MAX_DAYS = 31;

const FIGURES: Column<RunStats>[] = [
  ['RUNS', ({ runs }) => runs],
  ['FAILED', ({ failures }) => failures],
  ['TOKENS IN', ({ inputTokens }) => inputTokens],
  ['OUT', ({ outputTokens }) => outputTokens],
  ['USD', ({ costUsd }) => costUsd.toFixed(4)],
  ['MEAN MS', ({ meanMs }) => wholeMs(meanMs)],
  ['P50', ({ p50Ms }) => wholeMs(p50Ms)],
  ['P95', ({ p95Ms }) => wholeMs(p95Ms)],
];

@SubCommand({ name: 'stats', description: 'Runs, failures, tokens, cost and latency by agent, trigger or day' })
export class RunsStatsCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { json, to = new Date(), by = ['agent'], ...options }: Options): Promise<void> {
    const { from = new Date(to.getTime() - DAY_MS), limit, cursor } = options;
    const days = (to.getTime() - from.getTime()) / DAY_MS;
    if (days <= 0 || days > MAX_DAYS) {
      throw new Misuse(`--from must lie before --to, and no more than ${MAX_DAYS} days.`);
    }
    const { store } = await this.workspace.open();
    const { items, nextCursor } = await store.runStats({ from, to, by, limit, cursor });
    if (json) return printJson({ items: items.map((stats) => runStatsJson(stats)), next_cursor: nextCursor });
    const groups = GROUPS.filter((group) => by.includes(group));
    const names = groups.map((group): Column<RunStats> => [group.toUpperCase(), (stats) => stats[group] ?? null]);
    printTable(items, [...names, ...FIGURES], 'Nothing ran.');
    if (nextCursor !== null) printLine(`The next page: --cursor ${nextCursor}`);
  }

  @Option({ flags: '--from <time>', description: 'Settled since: ISO 8601, or how long ago; default 1d' })
  parseFrom(text: string): Date {
    return timePast(text, Date.now());
  }

  @Option({ flags: '--to <time>', description: 'Settled before: ISO 8601, or how long ago; default now' })
  parseTo(text: string): Date {
    return timePast(text, Date.now());
  }

  @Option({ flags: '--by <groups>', description: 'agent, trigger, day, separated by commas; default agent' })
  parseBy(text: string): StatsGroup[] {
    return namesOf('--by', text).map((name) => oneOf('--by', name, GROUPS));
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

function wholeMs(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
