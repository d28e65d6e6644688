import type { IncomingHttpHeaders } from 'node:http';
import { Body, Controller, Get, Headers, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@reflex/auth';
import { Clock, NotFound } from '@reflex/core';
import { EventStore } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { EVENT_EXAMPLES } from './event-examples';
import { eventJson, eventWithDeliveriesJson } from './event-json';
import { EventPublisher } from './event-publisher';
import { eventSearch, EventQuery } from './event-query';
import { PublishedDto } from './published.dto';

@ApiTags('events')
@RequireScope('events:read')
@Controller('events')
export class EventsController {
  constructor(
    private readonly store: EventStore,
    private readonly registry: EventRegistry,
    private readonly publisher: EventPublisher,
    private readonly clock: Clock,
  ) {}

  @Post()
  @RequireScope('events:write')
  @ApiOperation({
    summary: 'Publish one event, or up to 500 as an array',
    description:
      'Durable when it answers. Takes CloudEvents 1.0 as well: structured, binary (`ce-` headers) and in batches.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeated request with the same key stores nothing again.',
  })
  @ApiBody({ schema: { type: 'object', additionalProperties: true }, examples: EVENT_EXAMPLES })
  @ApiResponse({ status: 201, type: PublishedDto, description: 'An array answers an array of these.' })
  publish(
    @Body() body: unknown,
    @Headers() headers: IncomingHttpHeaders,
    @Headers('idempotency-key') key?: string,
  ): Promise<PublishedDto | PublishedDto[]> {
    return this.publisher.publish(body, key, headers);
  }

  @Get()
  @ApiOperation({ summary: 'Search events, newest first' })
  async search(@Query() query: EventQuery): Promise<{ items: unknown[]; next_cursor: string | null }> {
    const page = await this.store.search(eventSearch(query, this.clock.now()));
    return { items: page.items.map((event) => eventJson(event)), next_cursor: page.nextCursor };
  }

  @Get('types')
  @ApiOperation({ summary: 'The event types there are, each with its JSON Schema' })
  types(): { items: unknown[]; next_cursor: null } {
    const items = Object.entries(this.registry.schemas()).map(([type, schema]) => ({ type, schema }));
    return { items, next_cursor: null };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One event with its deliveries' })
  async one(@Param('id') id: string): Promise<unknown> {
    const event = await this.store.find(id);
    if (!event) throw new NotFound('There is no event with this id. Search with GET /events.');
    return eventWithDeliveriesJson(event);
  }
}
