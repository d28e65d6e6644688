import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Audit, ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { EventStore } from '@reflex/event-store';
import { triggerJson } from '@reflex/triggers';
import { ReasonDto, TakesReason } from '../http/reason';

@ApiTags('triggers')
@RequireScope('events:read')
@Controller('triggers')
export class TriggersController {
  constructor(
    private readonly store: EventStore,
    private readonly audit: Audit,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The triggers there are' })
  async list(): Promise<{ items: unknown[]; next_cursor: null }> {
    const triggers = await this.store.triggers();
    return { items: triggers.map((trigger) => triggerJson(trigger)), next_cursor: null };
  }

  @Post(':name/pause')
  @RequireScope('admin')
  @TakesReason()
  @HttpCode(200)
  @ApiOperation({ summary: 'Hand out no more deliveries to this trigger; they wait' })
  pause(
    @Param('name') name: string,
    @ByOperator() by: Operator,
    @Body() _body: ReasonDto,
  ): Promise<{ name: string; paused: boolean }> {
    return this.setPaused(name, true, by);
  }

  @Post(':name/resume')
  @RequireScope('admin')
  @TakesReason()
  @HttpCode(200)
  @ApiOperation({ summary: 'Hand out deliveries to this trigger again' })
  resume(
    @Param('name') name: string,
    @ByOperator() by: Operator,
    @Body() _body: ReasonDto,
  ): Promise<{ name: string; paused: boolean }> {
    return this.setPaused(name, false, by);
  }

  private async setPaused(name: string, paused: boolean, by: Operator): Promise<{ name: string; paused: boolean }> {
    const action = { ...by, action: paused ? 'trigger.pause' : 'trigger.resume', target: name };
    await this.audit.perform(action, () => this.store.setPaused(name, paused));
    return { name, paused };
  }
}
