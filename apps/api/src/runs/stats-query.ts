import { ApiPropertyOptional } from '@nestjs/swagger';
import type { RunStatsSearch, StatsGroup } from '@reflex/event-store';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayNotEmpty, IsIn, IsOptional, IsString } from 'class-validator';
import { pointInTime } from '../events/point-in-time';
import { commaList, PageQuery } from '../http/paging';
import { RequestRefused } from '../http/refusals';

const GROUPS: StatsGroup[] = ['agent', 'trigger', 'day'];
const DAY_MS = 86_400_000;
const MAX_DAYS = 31;

export class StatsQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Settled at or after: ISO 8601, or how long ago; default 1d.', example: '7d' })
  @IsOptional()
  @IsString()
  from?: string;

  @ApiPropertyOptional({ description: 'Settled before: ISO 8601, or how long ago; default now.' })
  @IsOptional()
  @IsString()
  to?: string;

  @ApiPropertyOptional({
    type: String,
    description: 'What to tell apart, separated by commas: `agent`, `trigger`, `day` (UTC).',
    default: 'agent',
    example: 'agent,day',
  })
  @IsOptional()
  @Transform(({ value }) => commaList(value))
  @ArrayNotEmpty()
  @ArrayMaxSize(3)
  @IsIn(GROUPS, { each: true })
  by?: StatsGroup[];
}

export function statsSearch({ from, to, by = ['agent'], limit, cursor }: StatsQuery, now: Date): RunStatsSearch {
  const end = to === undefined ? now : pointInTime(to, now);
  const start = from === undefined ? new Date(end.getTime() - DAY_MS) : pointInTime(from, now);
  const days = (end.getTime() - start.getTime()) / DAY_MS;
  if (days > 0 && days <= MAX_DAYS) return { from: start, to: end, by, limit, cursor };
  throw new RequestRefused(
    422,
    'invalid_window',
    `"from" must lie before "to", and no more than ${MAX_DAYS} days: runs of all of them are added up.`,
  );
}
