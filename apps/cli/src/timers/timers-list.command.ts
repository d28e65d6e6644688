import { SubCommand } from 'nest-commander';
import type { Timer } from '@reflex/timers';
import { printJson, printTable } from '../answer';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';

@SubCommand({ name: 'list', description: 'The timers there are, from code and made over REST' })
export class TimersListCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], { json }: CommonOptions): Promise<void> {
    const { timers } = await this.workspace.open();
    const all = await timers.list();
    if (json) return printJson({ items: all.map((timer) => timerJson(timer)), next_cursor: null });
    printTable(
      all,
      [
        ['TIMER', ({ name }) => name],
        ['RHYTHM', ({ cron, everyMs }) => cron ?? `every ${everyMs! / 1_000}s`],
        ['ZONE', ({ tz }) => tz],
        ['TICKS', ({ tickCount }) => tickCount],
        ['LAST', ({ lastAt }) => lastAt],
        ['NEXT', ({ nextAt, paused }) => (paused ? 'paused' : nextAt)],
      ],
      'There are no timers.',
    );
  }
}

/** As `GET /timers` answers it. */
function timerJson({ everyMs, tickCount, lastAt, nextAt, createdAt: _createdAt, ...timer }: Timer): unknown {
  return {
    ...timer,
    every_ms: everyMs,
    tick_count: tickCount,
    last_at: lastAt,
    next_at: timer.paused ? null : nextAt,
  };
}
