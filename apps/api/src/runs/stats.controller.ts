import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@reflex/auth';
import { runStatsJson } from '@reflex/dlq';
import { EventStore } from '@reflex/event-store';
import { StatsQuery, statsSearch } from './stats-query';

@ApiTags('runs')
@RequireScope('events:read')
@Controller('runs')
export class RunStatsController {
  constructor(private readonly store: EventStore) {}

  @Get('stats')
  @ApiOperation({
    summary: 'Runs, failures, tokens, cost and latency by agent, trigger or day',
    description:
      'Of attempts that were settled in the window, 31 days at most. A run is an attempt whose handler came to its end, well or not; ' +
      'tokens and cost are of all attempts. By agent, the time is that of the agent alone.',
  })
  async stats(@Query() query: StatsQuery): Promise<Record<string, unknown>> {
    const search = statsSearch(query, new Date());
    const { items, nextCursor } = await this.store.runStats(search);
    return {
      from: search.from.toISOString(),
      to: search.to.toISOString(),
      items: items.map((stats) => runStatsJson(stats)),
      next_cursor: nextCursor,
    };
  }
}
