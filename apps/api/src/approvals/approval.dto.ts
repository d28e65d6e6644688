import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ApprovalStatus } from '@reflex/core';
import { IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { PageQuery } from '../http/paging';

const STATUSES: ApprovalStatus[] = ['pending', 'approved', 'denied', 'expired', 'used'];

export class ApprovalQuery extends PageQuery {
  @ApiPropertyOptional({ enum: STATUSES, description: '`pending`: those that wait for a person.' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: ApprovalStatus;

  @ApiPropertyOptional({ description: 'Name of the trigger.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  trigger?: string;

  @ApiPropertyOptional({ description: 'Name of the tool.' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  tool?: string;
}

export class ApproveDto {
  @ApiPropertyOptional({ description: 'Why, for the audit.', example: 'I have seen the invoice.' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  why?: string;
}

export class DenyDto {
  @ApiProperty({ description: 'Why, for the agent and the audit.', example: 'The amount is wrong.' })
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  why!: string;
}
