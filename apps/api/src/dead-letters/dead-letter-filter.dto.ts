import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import type { DeadLetterFilter, DeadLetterReason } from '@reflex/event-store';
import { IsIn, IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { pointInTime } from '../events/point-in-time';
import { PageQuery } from '../http/paging';

const REASONS: DeadLetterReason[] = ['attempts_exhausted', 'permanent', 'poison', 'undecodable', 'trigger_removed'];

/** Which dead letters: all that is given must hold. */
export class DeadLetterFilterDto {
  @ApiPropertyOptional({ description: 'Name of the trigger that gave up.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  trigger?: string;

  @ApiPropertyOptional({ description: 'Type of the event.' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  type?: string;

  @ApiPropertyOptional({ enum: REASONS })
  @IsOptional()
  @IsIn(REASONS)
  reason?: DeadLetterReason;

  @ApiPropertyOptional({ description: '`cluster` of a dead letter: those of its trigger whose error is alike.' })
  @IsOptional()
  @Matches(/^[0-9a-f]{12}$/)
  cluster?: string;

  @ApiPropertyOptional({ description: 'Gave up at or after: ISO 8601, or how long ago.' })
  @IsOptional()
  @IsString()
  from?: string;

  @ApiPropertyOptional({ description: 'Gave up before: ISO 8601, or how long ago.' })
  @IsOptional()
  @IsString()
  to?: string;

  @ApiPropertyOptional({ description: 'Stands in the error’s message or in the payload; case does not matter.' })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  text?: string;
}

export class DeadLetterQuery extends IntersectionType(PageQuery, DeadLetterFilterDto) {}

export function letterFilter(
  { trigger, type, reason, cluster, from, to, text }: DeadLetterFilterDto,
  now: Date,
): DeadLetterFilter {
  return {
    trigger,
    type,
    reason,
    cluster,
    text,
    from: from === undefined ? undefined : pointInTime(from, now),
    to: to === undefined ? undefined : pointInTime(to, now),
  };
}
