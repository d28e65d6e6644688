import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { BudgetLevel } from '@reflex/event-store';
import {
  IsIn,
  IsISO8601,
  IsNumber,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { PageQuery } from '../http/paging';

const LEVELS: BudgetLevel[] = ['run', 'day', 'trigger', 'scope'];

export class BudgetQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['exhausted'], description: 'Those of today, and of runs, of which nothing is left.' })
  @IsOptional()
  @IsIn(['exhausted'])
  status?: 'exhausted';

  @ApiPropertyOptional({ enum: LEVELS })
  @IsOptional()
  @IsIn(LEVELS)
  level?: BudgetLevel;

  @ApiPropertyOptional({ description: 'Name of the agent.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  agent?: string;

  @ApiPropertyOptional({ description: 'In UTC, such as 2026-01-31.' })
  @IsOptional()
  @Matches(/^\d{4}-\d\d-\d\d$/, { message: 'day must be a date such as 2026-01-31' })
  @IsISO8601({ strict: true })
  day?: string;
}

export class RaiseDto {
  @ApiProperty({ description: 'How much is added, in the unit of the budget.', example: 5 })
  @IsNumber({ allowInfinity: false, allowNaN: false })
  @Min(0.000_001)
  @Max(1_000_000_000)
  by!: number;

  @ApiProperty({ description: 'Why, for the audit.', example: 'A busy day; agreed with Ann.' })
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  why!: string;
}
