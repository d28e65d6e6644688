import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Audit, ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { DeadLetterService } from '@reflex/dlq';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../http/paging';
import { ReasonDto, TakesReason } from '../http/reason';
import { deadLetterJson } from './dead-letter-json';

class DeadLetterQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Name of the trigger that gave up.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  trigger?: string;

  @ApiPropertyOptional({ description: 'Type of the event.' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  type?: string;
}

@ApiTags('dead letters')
@RequireScope('events:read')
@Controller('events/dlq')
export class DeadLettersController {
  constructor(
    private readonly deadLetters: DeadLetterService,
    private readonly audit: Audit,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Deliveries that gave up, newest first, with error, attempts and history' })
  async list(
    @Query() query: DeadLetterQuery,
  ): Promise<{ count: number; events: unknown[]; next_cursor: string | null }> {
    const { count, items, nextCursor } = await this.deadLetters.list(query);
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

  @Post(':id/retry')
  @RequireScope('dlq:write')
  @TakesReason()
  @HttpCode(200)
  @ApiOperation({ summary: 'Deliver it again, with all attempts ahead; with the event’s id: all of its dead letters' })
  async retry(
    @Param('id') id: string,
    @ByOperator() by: Operator,
    @Body() _body: ReasonDto,
  ): Promise<{ status: 'retrying'; event_id: string; retried: number }> {
    const action = { ...by, action: 'dead_letter.retry', target: id };
    const { eventId, retried } = await this.audit.perform(
      action,
      () => this.deadLetters.retry(id),
      ({ eventId, retried }) => ({ event_id: eventId, retried }),
    );
    return { status: 'retrying', event_id: eventId, retried };
  }

  @Delete(':id')
  @RequireScope('dlq:write')
  @TakesReason()
  @ApiOperation({ summary: 'Delete it for good; with the event’s id: all of its dead letters' })
  async delete(@Param('id') id: string, @ByOperator() by: Operator): Promise<{ status: 'deleted'; deleted: number }> {
    const action = { ...by, action: 'dead_letter.delete', target: id };
    const { deleted } = await this.audit.perform(
      action,
      () => this.deadLetters.delete(id),
      (result) => result,
    );
    return { status: 'deleted', deleted };
  }
}
