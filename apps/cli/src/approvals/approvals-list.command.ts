import { Option, SubCommand } from 'nest-commander';
import type { ApprovalStatus } from '@reflex/core';
import { approvalJson } from '@reflex/dlq';
import type { Approval } from '@reflex/event-store';
import { printJson, printLine, printTable, type Column } from '../answer';
import { oneOf, wholeNumber } from '../options';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';

interface Options extends CommonOptions {
  status?: ApprovalStatus;
  trigger?: string;
  tool?: string;
  limit?: number;
  cursor?: string;
}

const COLUMNS: Column<Approval>[] = [
  ['APPROVAL', ({ id }) => id],
  ['TOOL', ({ tool }) => tool],
  ['STATUS', ({ status }) => status],
  ['AGREED', ({ decisions, people }) => `${decisions.filter((one) => one.decision === 'approved').length}/${people}`],
  ['AGENT', ({ agent }) => agent],
  ['TRIGGER', ({ trigger }) => trigger],
  ['EVENT', ({ eventId }) => eventId],
  ['UNTIL', ({ expiresAt }) => expiresAt],
];

@SubCommand({ name: 'list', description: 'Newest first; --status pending for those that wait' })
export class ApprovalsListCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { json, ...search }: Options): Promise<void> {
    const { approvals } = await this.workspace.open();
    const { items, nextCursor } = await approvals.list(search);
    if (json) return printJson({ items: items.map((approval) => approvalJson(approval)), next_cursor: nextCursor });
    printTable(items, COLUMNS, 'There are none.');
    if (nextCursor !== null) printLine(`The next page: --cursor ${nextCursor}`);
  }

  @Option({ flags: '--status <status>', description: 'pending, approved, denied, expired or used' })
  parseStatus(text: string): ApprovalStatus {
    return oneOf('--status', text, ['pending', 'approved', 'denied', 'expired', 'used']);
  }

  @Option({ flags: '--trigger <name>', description: 'Of this trigger' })
  parseTrigger(text: string): string {
    return text;
  }

  @Option({ flags: '--tool <name>', description: 'Of this tool' })
  parseTool(text: string): string {
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
