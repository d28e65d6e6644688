import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@reflex/auth';
import { causationTree, mermaid, NotFound, type CausationGraph } from '@reflex/core';
import { EventStore } from '@reflex/event-store';
import { IsIn, IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';

const DRAWINGS: Record<'mermaid' | 'text', { type: string; draw: (graph: CausationGraph) => string }> = {
  mermaid: { type: 'text/vnd.mermaid; charset=utf-8', draw: mermaid },
  text: { type: 'text/plain; charset=utf-8', draw: (graph) => `${causationTree(graph)}\n` },
};

class GraphQuery {
  @ApiPropertyOptional({ enum: ['json', 'mermaid', 'text'], default: 'json' })
  @IsOptional()
  @IsIn(['json', 'mermaid', 'text'])
  format?: 'json' | 'mermaid' | 'text';
}

@ApiTags('events')
@RequireScope('events:read')
@Controller('events')
export class CausationController {
  constructor(private readonly store: EventStore) {}

  @Get(':id/graph')
  @ApiOperation({
    summary: 'What caused the event, and all deliveries, runs, tool calls and events that followed from it',
    description: 'Up to 8 generations and 500 nodes; `cut` says when there is more.',
  })
  @ApiProduces('application/json', 'text/vnd.mermaid', 'text/plain')
  async graph(
    @Param('id') id: string,
    @Query() { format = 'json' }: GraphQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CausationGraph | string> {
    const graph = await this.store.graph(id);
    if (!graph) throw new NotFound('There is no event with this id. Search with GET /events.');
    if (format === 'json') return graph;
    const { type, draw } = DRAWINGS[format];
    void reply.type(type);
    return draw(graph);
  }
}
