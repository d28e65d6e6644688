import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ByOperator, RequireScope, type Operator } from '@reflex/auth';
import { approvalJson, ApprovalService } from '@reflex/dlq';
import { ApprovalQuery, ApproveDto, DenyDto } from './approval.dto';

/** Calls of tools that people have to agree to. */
@ApiTags('approvals')
@RequireScope('events:read')
@Controller('approvals')
export class ApprovalsController {
  constructor(private readonly approvals: ApprovalService) {}

  @Get()
  @ApiOperation({ summary: 'What agents ask people for, newest first' })
  async list(@Query() query: ApprovalQuery): Promise<{ items: unknown[]; next_cursor: string | null }> {
    const { items, nextCursor } = await this.approvals.list(query);
    return { items: items.map((approval) => approvalJson(approval)), next_cursor: nextCursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One of them, with the exact arguments and what was said' })
  async one(@Param('id') id: string): Promise<unknown> {
    return approvalJson(await this.approvals.get(id));
  }

  @Post(':id/approve')
  @RequireScope('approvals:write')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Agree to exactly this call, once',
    description: 'Where several people have to agree, each counts once; after the last the run goes on.',
  })
  async approve(@Param('id') id: string, @Body() { why }: ApproveDto, @ByOperator() by: Operator): Promise<unknown> {
    return approvalJson(await this.approvals.approve(id, { ...by, reason: why ?? by.reason }));
  }

  @Post(':id/deny')
  @RequireScope('approvals:write')
  @HttpCode(200)
  @ApiOperation({ summary: 'Refuse it; the agent is told why, and goes on without' })
  async deny(@Param('id') id: string, @Body() { why }: DenyDto, @ByOperator() by: Operator): Promise<unknown> {
    return approvalJson(await this.approvals.deny(id, { ...by, reason: why }));
  }
}
