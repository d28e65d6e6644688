import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { Clock } from '@reflex/core';
import { DeadLetterService, deadLetterJson, forecastJson } from '@reflex/dlq';
import { ReasonDto, TakesReason } from '../http/reason';
import { EditDto, RetryQuery } from './dead-letter-actions.dto';
import { DeadLetterQuery, letterFilter } from './dead-letter-filter.dto';

@ApiTags('dead letters')
@RequireScope('events:read')
@Controller('events/dlq')
export class DeadLettersController {
  constructor(
    private readonly deadLetters: DeadLetterService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Deliveries that gave up, newest first, with error, attempts and history' })
  async list(
    @Query() query: DeadLetterQuery,
  ): Promise<{ count: number; events: unknown[]; next_cursor: string | null }> {
    const { limit, cursor } = query;
    const filter = letterFilter(query, this.clock.now());
    const { count, items, nextCursor } = await this.deadLetters.list({ ...filter, limit, cursor });
    return { count, events: items.map((letter) => deadLetterJson(letter)), next_cursor: nextCursor };
  }

  @Get(':id')
  @ApiOperation({
    summary: 'One dead letter, by its own id or its event’s',
    description: '`others` are the further dead letters of the same event, when the event’s id was given.',
  })
  async one(@Param('id') id: string): Promise<unknown> {
    const [letter, ...others] = await this.deadLetters.get(id);
    const named = others.map((other) => ({ dead_letter_id: other.id, trigger: other.trigger }));
    return { ...deadLetterJson(letter), others: named };
  }

  @Patch(':id')
  @RequireScope('dlq:write')
  @TakesReason()
  @ApiOperation({
    summary: 'Correct the payload that a retry gets',
    description:
      'Checked as if it were published. The event in the log stays as it is; `history` keeps what was there.',
  })
  async edit(@Param('id') id: string, @Body() { payload }: EditDto, @ByOperator() by: Operator): Promise<unknown> {
    return deadLetterJson(await this.deadLetters.edit(id, payload, by));
  }

  @Post(':id/retry')
  @RequireScope('dlq:write')
  @TakesReason()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Deliver it again, with all attempts ahead; with the event’s id: all of its dead letters',
    description:
      'With `dry_run=true` nothing is delivered; the answer tells what filter and condition would say, and which `effects` of earlier attempts are reused, repeated with the same key, or need a person.',
  })
  async retry(
    @Param('id') id: string,
    @Query() { dry_run: dryRun }: RetryQuery,
    @ByOperator() by: Operator,
    @Body() _body: ReasonDto,
  ): Promise<unknown> {
    if (dryRun) return { dry_run: true, items: (await this.deadLetters.forecast(id)).map((one) => forecastJson(one)) };
    const { eventId, retried } = await this.deadLetters.retry(id, by);
    return { status: 'retrying', event_id: eventId, retried };
  }

  @Delete(':id')
  @RequireScope('dlq:write')
  @TakesReason()
  @ApiOperation({ summary: 'Delete it for good; with the event’s id: all of its dead letters' })
  async delete(@Param('id') id: string, @ByOperator() by: Operator): Promise<{ status: 'deleted'; deleted: number }> {
    const { deleted } = await this.deadLetters.delete(id, by);
    return { status: 'deleted', deleted };
  }
}
