import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { operationJson, OperationService } from '@reflex/dlq';
import { TakesReason } from '../http/reason';

/** Work of operators that takes a while. */
@ApiTags('operations')
@RequireScope('events:read')
@Controller('operations')
export class OperationsController {
  constructor(private readonly operations: OperationService) {}

  @Get()
  @ApiOperation({ summary: 'Retries of many dead letters and replays, newest first, at most 100' })
  async list(): Promise<{ items: unknown[]; next_cursor: null }> {
    const operations = await this.operations.list();
    return { items: operations.map((operation) => operationJson(operation)), next_cursor: null };
  }

  @Get(':id')
  @ApiOperation({ summary: 'How far it is: given back, and of those succeeded, failed again, still waiting' })
  async one(@Param('id') id: string): Promise<unknown> {
    return operationJson(await this.operations.get(id));
  }

  @Delete(':id')
  @RequireScope('dlq:write')
  @TakesReason()
  @ApiOperation({ summary: 'Stop it; what was given back already goes on' })
  async stop(@Param('id') id: string, @ByOperator() by: Operator): Promise<unknown> {
    return operationJson(await this.operations.stop(id, by));
  }
}
