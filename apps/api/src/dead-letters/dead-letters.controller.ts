import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { DeadLetterService } from '@reflex/dlq';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../http/paging';
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
@Controller('events/dlq')
export class DeadLettersController {
  constructor(private readonly deadLetters: DeadLetterService) {}

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
  @HttpCode(200)
  @ApiOperation({ summary: 'Deliver it again, with all attempts ahead; with the event’s id: all of its dead letters' })
  async retry(@Param('id') id: string): Promise<{ status: 'retrying'; event_id: string; retried: number }> {
    const { eventId, retried } = await this.deadLetters.retry(id);
    return { status: 'retrying', event_id: eventId, retried };
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete it for good; with the event’s id: all of its dead letters' })
  async delete(@Param('id') id: string): Promise<{ status: 'deleted'; deleted: number }> {
    const { deleted } = await this.deadLetters.delete(id);
    return { status: 'deleted', deleted };
  }
}
