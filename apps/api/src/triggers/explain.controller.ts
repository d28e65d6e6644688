import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@reflex/auth';
import { explanationText, NotFound, type Explanation } from '@reflex/core';
import { EventStore } from '@reflex/event-store';
import { TriggerExplainer } from '@reflex/triggers';
import { IsIn, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyReply } from 'fastify';

class ExplainQuery {
  @ApiProperty({ description: 'Id of the event.' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(128)
  event!: string;

  @ApiPropertyOptional({ enum: ['json', 'text'], default: 'json' })
  @IsOptional()
  @IsIn(['json', 'text'])
  format?: 'json' | 'text';
}

@ApiTags('triggers')
@RequireScope('events:read')
@Controller('triggers')
export class ExplainController {
  constructor(
    private readonly store: EventStore,
    private readonly explainer: TriggerExplainer,
  ) {}

  @Get(':name/explain')
  @ApiOperation({
    summary: 'Why the trigger acts on the event, or why nothing happened',
    description:
      'Asks filter and condition about the stored event and what the trigger remembers now, without effects, and tells each answer with the values it saw; and how the attempts ended that there were.',
  })
  @ApiProduces('application/json', 'text/plain')
  async explain(
    @Param('name') name: string,
    @Query() { event: id, format }: ExplainQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Explanation | string> {
    const event = await this.store.find(id);
    if (!event) throw new NotFound('There is no event with this id. Search with GET /events.');
    const explanation = await this.explainer.explain(name, event);
    if (format !== 'text') return explanation;
    void reply.type('text/plain; charset=utf-8');
    return `${explanationText(explanation)}\n`;
  }
}
