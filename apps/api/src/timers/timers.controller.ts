import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Audit, ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { TimerService } from '@reflex/timers';
import { ReasonDto, TakesReason } from '../http/reason';
import { TIMER_EXAMPLES } from './timer-examples';
import { NewTimerDto, TimerDto, timerJson } from './timer.dto';

/** The timer that the first example makes. */
function OneTimer(): MethodDecorator {
  return ApiParam({ name: 'name', example: TIMER_EXAMPLES.cron.value.name });
}

@ApiTags('timers')
@RequireScope('events:read')
@Controller('timers')
export class TimersController {
  constructor(
    private readonly timers: TimerService,
    private readonly audit: Audit,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The timers there are, from code and made here' })
  async list(): Promise<{ items: TimerDto[]; next_cursor: null }> {
    return { items: (await this.timers.list()).map(timerJson), next_cursor: null };
  }

  @Post()
  @RequireScope('admin')
  @TakesReason()
  @ApiOperation({
    summary: 'Make a timer: its ticks are timer.tick events',
    description: 'Triggers take them with `@OnEvent(TimerTick, { match: { timer_name } })`.',
  })
  @ApiBody({ type: NewTimerDto, examples: TIMER_EXAMPLES })
  @ApiResponse({ status: 201, type: TimerDto })
  async create(@Body() body: NewTimerDto, @ByOperator() by: Operator): Promise<TimerDto> {
    const { name, reason: _reason, ...rhythm } = body;
    const action = { ...by, action: 'timer.create', target: name };
    return timerJson(await this.audit.perform(action, () => this.timers.create(name, rhythm)));
  }

  @Get(':name')
  @OneTimer()
  @ApiOperation({ summary: 'One timer' })
  @ApiResponse({ status: 200, type: TimerDto })
  async one(@Param('name') name: string): Promise<TimerDto> {
    return timerJson(await this.timers.get(name));
  }

  @Delete(':name')
  @RequireScope('admin')
  @TakesReason()
  @OneTimer()
  @ApiOperation({ summary: 'Delete a timer that was made here; one from code can be paused' })
  async delete(@Param('name') name: string, @ByOperator() by: Operator): Promise<{ name: string; deleted: true }> {
    await this.audit.perform({ ...by, action: 'timer.delete', target: name }, () => this.timers.delete(name));
    return { name, deleted: true };
  }

  @Post(':name/pause')
  @RequireScope('admin')
  @TakesReason()
  @HttpCode(200)
  @OneTimer()
  @ApiOperation({ summary: 'Make no more ticks' })
  @ApiResponse({ status: 200, type: TimerDto })
  async pause(@Param('name') name: string, @ByOperator() by: Operator, @Body() _body: ReasonDto): Promise<TimerDto> {
    const action = { ...by, action: 'timer.pause', target: name };
    return timerJson(await this.audit.perform(action, () => this.timers.pause(name)));
  }

  @Post(':name/resume')
  @RequireScope('admin')
  @TakesReason()
  @HttpCode(200)
  @OneTimer()
  @ApiOperation({ summary: 'Make ticks again, from now on' })
  @ApiResponse({ status: 200, type: TimerDto })
  async resume(@Param('name') name: string, @ByOperator() by: Operator, @Body() _body: ReasonDto): Promise<TimerDto> {
    const action = { ...by, action: 'timer.resume', target: name };
    return timerJson(await this.audit.perform(action, () => this.timers.resume(name)));
  }
}
