import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ByOperator, type Operator, RequireScope } from '@reflex/auth';
import { budgetJson, BudgetService } from '@reflex/dlq';
import { BudgetQuery, RaiseDto } from './budget.dto';

/** What agents may use, and have used. */
@ApiTags('budgets')
@RequireScope('events:read')
@Controller('budgets')
export class BudgetsController {
  constructor(private readonly budgets: BudgetService) {}

  @Get()
  @ApiOperation({
    summary: 'Limits of agents and what of them is used, newest first',
    description:
      'A limit is listed from its first use of the day on, that of a run once it is used up and the run waits.',
  })
  async list(@Query() { status, ...query }: BudgetQuery): Promise<{ items: unknown[]; next_cursor: string | null }> {
    const { items, nextCursor } = await this.budgets.list({ ...query, exhausted: status === 'exhausted' });
    return { items: items.map((budget) => budgetJson(budget)), next_cursor: nextCursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One of them, and how many runs wait for it' })
  async one(@Param('id') id: string): Promise<unknown> {
    return budgetJson(await this.budgets.get(id));
  }

  @Post(':id/raise')
  @RequireScope('approvals:write')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Add to a limit of today or of a run',
    description: 'For this day or run only; the runs that wait for it go on.',
  })
  async raise(
    @Param('id') id: string,
    @Body() { by, why }: RaiseDto,
    @ByOperator() operator: Operator,
  ): Promise<unknown> {
    return budgetJson(await this.budgets.raise(id, by, { ...operator, reason: why }));
  }
}
