import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { EffectKind, EffectStatus } from '@reflex/core';
import { IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { PageQuery } from '../http/paging';

const STATUSES: EffectStatus[] = ['started', 'done', 'failed', 'unknown'];
const KINDS: EffectKind[] = ['tool', 'model', 'step', 'wait'];
const OUTCOMES = ['happened', 'did_not_happen'] as const;

export class EffectQuery extends PageQuery {
  @ApiPropertyOptional({ enum: STATUSES, description: '`unknown`: those that wait for a person.' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: EffectStatus;

  @ApiPropertyOptional({ enum: KINDS })
  @IsOptional()
  @IsIn(KINDS)
  kind?: EffectKind;

  @ApiPropertyOptional({ description: 'Name of the trigger.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  trigger?: string;

  @ApiPropertyOptional({ description: 'Id of the event.' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  event_id?: string;
}

export class ResolveDto {
  @ApiProperty({ enum: OUTCOMES, example: 'did_not_happen', description: '`did_not_happen`: it is called again.' })
  @IsIn(OUTCOMES)
  outcome!: (typeof OUTCOMES)[number];

  @ApiPropertyOptional({
    description: 'When it happened: what the tool would have answered; the agent goes on with it.',
    oneOf: [{ type: 'string' }, { type: 'object', additionalProperties: true }, { type: 'array', items: {} }],
  })
  @IsOptional()
  result?: unknown;

  @ApiProperty({ description: 'How you know, for the audit.', example: 'The bank shows no transfer.' })
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  why!: string;
}
