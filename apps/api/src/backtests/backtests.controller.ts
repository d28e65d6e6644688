import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Access, Audit, ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { Clock, durationMs, ReflexError, type Backtest } from '@reflex/core';
import { UnknownTrigger } from '@reflex/event-store';
import { Backtester, type BacktestRequest, TriggerRegistry } from '@reflex/triggers';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pointInTime } from '../events/point-in-time';
import { withProgress } from '../http/progress-stream';
import { BacktestDto } from './backtest.dto';

/** They take the processor from handlers, so not many at once. */
const MOST_AT_ONCE = 2;

class BacktestsRunning extends ReflexError {
  readonly code = 'backtests_running';
  override readonly status = 429;
}

@ApiTags('triggers')
@RequireScope('events:read')
@Controller('backtests')
export class BacktestsController {
  private running = 0;

  constructor(
    private readonly backtester: Backtester,
    private readonly triggers: TriggerRegistry,
    private readonly clock: Clock,
    private readonly access: Access,
    private readonly audit: Audit,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'What a trigger, with other values of its parameters, would have done over recorded history',
    description:
      'Runs filter and condition of the running build on a virtual clock and compares with the recorded runs. Nothing is published or written, and without `handlers` no handler is called. With `Accept: application/x-ndjson`, lines of `{progress}` and at the end `{result}` or `{error}`.',
  })
  @ApiProduces('application/json', 'application/x-ndjson')
  async run(
    @Body() body: BacktestDto,
    @ByOperator() by: Operator,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const wanted = backtestOf(body, this.clock.now());
    // Before the answer begins, so that a mistake has its status.
    if (!this.triggers.tuned(wanted.trigger, wanted.set ?? {})) throw new UnknownTrigger(wanted.trigger);
    if (this.running >= MOST_AT_ONCE) {
      throw new BacktestsRunning(`${MOST_AT_ONCE} backtests are running in this process. Wait until one has ended.`);
    }
    if (body.handlers) await this.access.assert(request.headers, 'admin');
    return withProgress(request, reply, async (watched) => {
      this.running += 1;
      try {
        return await this.audited(wanted, by, () => this.backtester.run(wanted, watched));
      } finally {
        this.running -= 1;
      }
    });
  }

  /** Calling handlers costs, and is code that acts. */
  private audited(
    { trigger, handlers }: BacktestRequest,
    by: Operator,
    run: () => Promise<Backtest>,
  ): Promise<Backtest> {
    if (!handlers) return run();
    const action = { ...by, action: 'trigger.backtest', target: trigger, details: { handlers } };
    return this.audit.perform(action, run, ({ answers }) => ({
      calls: (answers?.same ?? 0) + (answers?.items.length ?? 0),
    }));
  }
}

function backtestOf(
  { trigger, from, to = '0s', types, set, warm_up, handlers }: BacktestDto,
  now: Date,
): BacktestRequest {
  const range = { from: pointInTime(from, now), to: pointInTime(to, now), types };
  return { trigger, ...range, set, handlers, ...(warm_up !== undefined && { warmUpMs: durationMs(warm_up) }) };
}
