import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@reflex/auth';
import { NotFound } from '@reflex/core';
import { EventStore, type RunOutcome, type RunRecord } from '@reflex/event-store';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../http/paging';

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
    if (!run) throw new NotFound('There is no run with this id. Search with GET /runs.');
    return runJson(run);
  }
}

function runJson(run: RunRecord): unknown {
  return {
    id: run.id,
    trigger: run.trigger,
    scope: run.scope,
    event_id: run.eventId,
    attempt: run.attempt,
    outcome: run.outcome,
    reason: run.reason ?? null,
    result: run.result ?? null,
    // The stack stays in the database: it tells more of the server than of the run.
    error: run.error ? { code: run.error.code, message: run.error.message } : null,
    usage: run.usage ?? null,
    trace_id: run.traceId,
    started_at: run.startedAt.toISOString(),
    duration_ms: run.durationMs,
    settled_at: run.settledAt.toISOString(),
  };
}
