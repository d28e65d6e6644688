import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { Clock } from '@reflex/core';
import { clusterJson, deadLetterJson, DeadLetterService, operationJson } from '@reflex/dlq';
import type { DeadLetter } from '@reflex/event-store';
import { TakesReason } from '../http/reason';
import { paceOf } from '../operations/pace.dto';
import { PurgeDto, RetryManyDto } from './dead-letter-actions.dto';
import { DeadLetterFilterDto, letterFilter } from './dead-letter-filter.dto';

/** What is done with many dead letters at once. */
@ApiTags('dead letters')
@RequireScope('events:read')
@Controller('events/dlq')
export class DeadLetterBatchesController {
  constructor(
    private readonly deadLetters: DeadLetterService,
    private readonly clock: Clock,
  ) {}

  @Get('clusters')
  @ApiOperation({
    summary: 'What went wrong how often: dead letters of one trigger with errors that are alike',
    description: 'Alike: the same but for ids, numbers, times and quoted text. The largest first, at most 100.',
  })
  async clusters(@Query() query: DeadLetterFilterDto): Promise<{ items: unknown[]; next_cursor: null }> {
    const clusters = await this.deadLetters.clusters(letterFilter(query, this.clock.now()));
    return { items: clusters.map((cluster) => clusterJson(cluster)), next_cursor: null };
  }

  @Get('export')
  @TakesReason()
  @ApiOperation({ summary: 'All dead letters that the filter finds, one JSON object a line, newest first' })
  @ApiProduces('application/x-ndjson')
  async export(@Query() query: DeadLetterFilterDto, @ByOperator() by: Operator): Promise<StreamableFile> {
    const letters = await this.deadLetters.export(letterFilter(query, this.clock.now()), by);
    return new StreamableFile(Readable.from(lines(letters), { objectMode: false }), {
      type: 'application/x-ndjson; charset=utf-8',
      disposition: 'attachment; filename="dead-letters.jsonl"',
    });
  }

  @Post('retry')
  @HttpCode(202)
  @RequireScope('dlq:write')
  @TakesReason()
  @ApiOperation({
    summary: 'Deliver many again, at a pace; GET /operations/:id tells how far it is, DELETE stops it',
    description: 'It goes on when this process ends. What dies again meanwhile is not taken twice.',
  })
  async retry(@Body() body: RetryManyDto, @ByOperator() by: Operator): Promise<unknown> {
    const filter = letterFilter(body.filter, this.clock.now());
    return operationJson(await this.deadLetters.retryMany({ filter, limit: body.limit ?? null, ...paceOf(body) }, by));
  }

  @Post('purge')
  @HttpCode(200)
  @RequireScope('dlq:write')
  @TakesReason()
  @ApiOperation({ summary: 'Delete for good all that the filter finds, if there are as many as expected' })
  async purge(@Body() body: PurgeDto, @ByOperator() by: Operator): Promise<{ status: 'deleted'; deleted: number }> {
    const filter = letterFilter(body.filter, this.clock.now());
    const { deleted } = await this.deadLetters.purge(filter, body.expected, by);
    return { status: 'deleted', deleted };
  }
}

async function* lines(letters: AsyncIterable<DeadLetter>): AsyncIterable<Buffer> {
  for await (const letter of letters) yield Buffer.from(`${JSON.stringify(deadLetterJson(letter))}\n`);
}
