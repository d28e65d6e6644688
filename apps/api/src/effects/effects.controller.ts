import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { effectJson, EffectService } from '@reflex/dlq';
import { EffectQuery, ResolveDto } from './effect.dto';

/** What deliveries did outside: calls of tools, answers of models. */
@ApiTags('effects')
@RequireScope('events:read')
@Controller('effects')
export class EffectsController {
  constructor(private readonly effects: EffectService) {}

  @Get()
  @ApiOperation({ summary: 'Calls of tools and answers of models on record, newest first' })
  async list(@Query() query: EffectQuery): Promise<{ items: unknown[]; next_cursor: string | null }> {
    const { event_id: eventId, ...search } = query;
    const { items, nextCursor } = await this.effects.list({ ...search, eventId });
    return { items: items.map((effect) => effectJson(effect)), next_cursor: nextCursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One of them, with what it was called with and what it answered' })
  async one(@Param('id') id: string): Promise<unknown> {
    return effectJson(await this.effects.get(id));
  }

  @Post(':id/resolve')
  @RequireScope('dlq:write')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Say whether an unknown one happened; the run that waits for it goes on',
    description:
      'A call that must not be repeated was interrupted. Look where it acts: if it happened, the agent goes on with `result`; if not, it is called again.',
  })
  async resolve(
    @Param('id') id: string,
    @Body() { outcome, result, why }: ResolveDto,
    @ByOperator() by: Operator,
  ): Promise<unknown> {
    return effectJson(await this.effects.resolve(id, { outcome, result, why }, by));
  }
}
