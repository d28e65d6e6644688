import { Option, SubCommand } from 'nest-commander';
import type { EffectKind, EffectStatus } from '@reflex/core';
import { effectJson } from '@reflex/dlq';
import type { Effect } from '@reflex/event-store';
import { printJson, printLine, printTable, type Column } from '../answer';
import { oneOf, wholeNumber } from '../options';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';

interface Options extends CommonOptions {
  status?: EffectStatus;
  kind?: EffectKind;
  trigger?: string;
  event?: string;
  limit?: number;
  cursor?: string;
}

const COLUMNS: Column<Effect>[] = [
  ['EFFECT', ({ id }) => id],
  ['KIND', ({ kind }) => kind],
  ['NAME', ({ name }) => name],
  ['STATUS', ({ status }) => status],
  ['TRIGGER', ({ trigger }) => trigger],
  ['EVENT', ({ eventId }) => eventId],
  ['ATTEMPT', ({ attempt }) => attempt],
  ['STARTED', ({ startedAt }) => startedAt],
];

@SubCommand({ name: 'list', description: 'Newest first; --status unknown for those that wait for a person' })
export class EffectsListCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { json, event: eventId, ...search }: Options): Promise<void> {
    const { effects } = await this.workspace.open();
    const { items, nextCursor } = await effects.list({ ...search, eventId });
    if (json) return printJson({ items: items.map((effect) => effectJson(effect)), next_cursor: nextCursor });
    printTable(items, COLUMNS, 'There are none.');
    if (nextCursor !== null) printLine(`The next page: --cursor ${nextCursor}`);
  }

  @Option({ flags: '--status <status>', description: 'started, done, failed or unknown' })
  parseStatus(text: string): EffectStatus {
    return oneOf('--status', text, ['started', 'done', 'failed', 'unknown']);
  }

  @Option({ flags: '--kind <kind>', description: 'tool, model, step or wait' })
  parseKind(text: string): EffectKind {
    return oneOf('--kind', text, ['tool', 'model', 'step', 'wait']);
  }

  @Option({ flags: '--trigger <name>', description: 'Of this trigger' })
  parseTrigger(text: string): string {
    return text;
  }

  @Option({ flags: '--event <id>', description: 'Of this event' })
  parseEvent(text: string): string {
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
