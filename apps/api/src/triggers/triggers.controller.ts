import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventStore, type RegisteredTrigger } from '@reflex/event-store';

@ApiTags('triggers')
@Controller('triggers')
export class TriggersController {
  constructor(private readonly store: EventStore) {}

  @Get()
  @ApiOperation({ summary: 'The triggers there are' })
  async list(): Promise<{ items: unknown[]; next_cursor: null }> {
    const triggers = await this.store.triggers();
    return { items: triggers.map((trigger) => triggerJson(trigger)), next_cursor: null };
  }

  @Post(':name/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Hand out no more deliveries to this trigger; they wait' })
  pause(@Param('name') name: string): Promise<{ name: string; paused: boolean }> {
    return this.setPaused(name, true);
  }

  @Post(':name/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Hand out deliveries to this trigger again' })
  resume(@Param('name') name: string): Promise<{ name: string; paused: boolean }> {
    return this.setPaused(name, false);
  }

  private async setPaused(name: string, paused: boolean): Promise<{ name: string; paused: boolean }> {
    await this.store.setPaused(name, paused);
    return { name, paused };
  }
}

function triggerJson({ name, types, scope, stateful, paused, active, ...options }: RegisteredTrigger): unknown {
  const { onRetry, priority, concurrency, throttle } = options;
  return {
    name,
    types,
    scope,
    stateful,
    paused,
    active,
    on_retry: onRetry,
    priority,
    concurrency,
    throttle: throttle && { limit: throttle.limit, window_ms: throttle.windowMs },
  };
}
