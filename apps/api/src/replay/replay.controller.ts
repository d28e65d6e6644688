import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { Clock } from '@reflex/core';
import { operationJson, OperationService } from '@reflex/dlq';
import { ReplayRehearser } from '@reflex/triggers';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pointInTime } from '../events/point-in-time';
import { withProgress } from '../http/progress-stream';
import { TakesReason } from '../http/reason';
import { paceOf } from '../operations/pace.dto';
import { DECISIONS, ReplayDto } from './replay.dto';

@ApiTags('events')
@RequireScope('events:read')
@Controller('events')
export class ReplayController {
  constructor(
    private readonly rehearser: ReplayRehearser,
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
      'A dry run decides about each event as the triggers would, on what they remember now: what filter and condition say, with the values they saw, and what would fire. Nothing is delivered. With `Accept: application/x-ndjson`, lines of `{progress}` and at the end `{result}`. To execute answers an operation: GET /operations/:id tells how far it is, DELETE stops it. It goes on when this process ends. What it delivers has effects of its own.',
  })
  @ApiResponse({ status: 200, description: 'Of a dry run.' })
  @ApiResponse({ status: 202, description: 'Has begun.' })
  async replay(
    @Body() body: ReplayDto,
    @ByOperator() by: Operator,
    @Req() request: FastifyRequest,
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
    const { triggers, limit = DECISIONS } = body;
    const dryRun = { ...range, triggers, limit, rate: paceOf(body).rate };
    return withProgress(request, reply, (watched) => this.rehearser.dryRun(dryRun, watched));
  }
}
