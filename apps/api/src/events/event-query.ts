import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsIn, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import type { EventSearch } from '@reflex/event-store';
import { commaList, PageQuery } from '../http/paging';
import { pointInTime } from './point-in-time';

export class EventQuery extends PageQuery {
  @ApiPropertyOptional({ type: String, description: 'Types or globs, separated by commas.', example: 'http*' })
  @IsOptional()
  @Transform(({ value }) => commaList(value))
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  @MaxLength(256, { each: true })
  type?: string[];

  @ApiPropertyOptional({
    type: String,
    description: 'Sources or globs, separated by commas.',
    example: 'test,webhook:*',
  })
  @IsOptional()
  @Transform(({ value }) => commaList(value))
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  @MaxLength(256, { each: true })
  source?: string[];

  @ApiPropertyOptional({ description: 'Received at or after: ISO 8601, or how long ago.', example: '1h ago' })
  @IsOptional()
  @IsString()
  from?: string;

  @ApiPropertyOptional({ description: 'Received before: ISO 8601, or how long ago.' })
  @IsOptional()
  @IsString()
  to?: string;

  @ApiPropertyOptional({ description: 'Events that belong together.' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  correlation_id?: string;

  @ApiPropertyOptional({ enum: ['newest', 'oldest'], default: 'newest' })
  @IsOptional()
  @IsIn(['newest', 'oldest'])
  order?: 'newest' | 'oldest';
}

export function eventSearch(query: EventQuery, now: Date): EventSearch {
  return {
    types: query.type,
    sources: query.source,
    from: query.from === undefined ? undefined : pointInTime(query.from, now),
    to: query.to === undefined ? undefined : pointInTime(query.to, now),
    correlationId: query.correlation_id,
    order: query.order,
    limit: query.limit,
    cursor: query.cursor,
  };
}
