import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@reflex/auth';
import { NotFound } from '@reflex/core';
import { EventStore, type RunOutcome } from '@reflex/event-store';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../http/paging';
import { runJson } from './run-json';

const OUTCOMES: RunOutcome[] = ['completed', 'filtered', 'accumulated', 'failed', 'dead_letter', 'deferred', 'parked'];

class RunQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Name of the trigger.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  trigger?: string;

  @ApiPropertyOptional({ description: 'Id of the event.' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  event_id?: string;

  @ApiPropertyOptional({ enum: OUTCOMES })
  @IsOptional()
  @IsIn(OUTCOMES)
  outcome?: RunOutcome;
}

@ApiTags('runs')
@RequireScope('events:read')
@Controller('runs')
export class RunsController {
  constructor(private readonly store: EventStore) {}

  @Get()
  @ApiOperation({ summary: 'Recorded attempts, newest first' })
  async list(@Query() query: RunQuery): Promise<{ items: unknown[]; next_cursor: string | null }> {
    const { event_id: eventId, ...search } = query;
    const page = await this.store.searchRuns({ ...search, eventId });
    return { items: page.items.map((run) => runJson(run)), next_cursor: page.nextCursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One attempt with its result, error, tokens and tool calls' })
  async one(@Param('id') id: string): Promise<unknown> {
    const run = await this.store.findRun(id);
    if (run) return runJson(run);
    const [told] = await this.store.streams.read([{ runId: id, after: 0 }]);
    if (told?.live) throw new NotFound(`This run has not ended yet. Follow it with GET /runs/${id}/stream.`);
    throw new NotFound('There is no run with this id. Search with GET /runs.');
  }
}
