import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { Clock } from '@reflex/core';
import { operationJson, OperationService } from '@reflex/dlq';
import { EventStore } from '@reflex/event-store';
import type { FastifyReply } from 'fastify';
import { pointInTime } from '../events/point-in-time';
import { TakesReason } from '../http/reason';
import { paceOf } from '../operations/pace.dto';
import { ReplayDto } from './replay.dto';

@ApiTags('events')
@RequireScope('events:read')
@Controller('events')
export class ReplayController {
  constructor(
    private readonly store: EventStore,
    private readonly operations: OperationService,
    private readonly clock: Clock,
  ) {}

  @Post('replay')
  @RequireScope('admin')
  @TakesReason()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Deliver history again to named triggers, at a pace, or only tell what would be delivered',
    description:
      'To execute answers an operation: GET /operations/:id tells how far it is, DELETE stops it. It goes on when this process ends. What it delivers has effects of its own.',
  })
  @ApiResponse({ status: 200, description: 'Of a dry run.' })
  @ApiResponse({ status: 202, description: 'Has begun.' })
  async replay(
    @Body() body: ReplayDto,
    @ByOperator() by: Operator,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const now = this.clock.now();
    const range = { from: pointInTime(body.from, now), to: pointInTime(body.to, now), types: body.types };
    if (body.mode === 'execute') {
      const operation = await this.operations.replay({ ...range, triggers: body.triggers!, ...paceOf(body) }, by);
      void reply.status(202);
      return operationJson(operation);
    }
    await this.operations.assertTriggers(body.triggers ?? []);
    return { mode: body.mode, ...(await this.store.operations.forecastReplay(range, body.triggers)) };
  }
}
