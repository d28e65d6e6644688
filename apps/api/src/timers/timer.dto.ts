import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { MISSED_POLICIES, type MissedPolicy, type Timer } from '@reflex/timers';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

export class NewTimerDto {
  @ApiProperty({ example: 'morning-report', description: 'Comes with each tick as `timer_name`.' })
  @IsString()
  @MaxLength(100)
  name!: string;

  @ApiPropertyOptional({
    example: '0 9 * * 1-5',
    description: 'Five fields, or six with seconds first. Or give `every`.',
  })
  @IsOptional()
  @IsString()
  cron?: string;

  @ApiPropertyOptional({ description: 'An interval such as `30s`, `5m` or `1h`; at least `10s`.' })
  @IsOptional()
  @IsString()
  every?: string;

  @ApiPropertyOptional({ example: 'Europe/Berlin', description: 'In which `cron` is read.', default: 'UTC' })
  @IsOptional()
  @IsString()
  tz?: string;

  @ApiPropertyOptional({
    enum: MISSED_POLICIES,
    default: 'once',
    description: 'Of ticks that were due while nothing ran: none, one for all, or each.',
  })
  @IsOptional()
  @IsIn(MISSED_POLICIES)
  missed?: MissedPolicy;

  @ApiPropertyOptional({ description: 'Why, for the audit.' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string;
}

export class TimerDto {
  @ApiProperty({ example: 'morning-report' })
  name!: string;

  @ApiProperty({ type: String, nullable: true, example: '0 9 * * 1-5' })
  cron!: string | null;

  @ApiProperty({ type: Number, nullable: true, example: null })
  every_ms!: number | null;

  @ApiProperty({ example: 'Europe/Berlin' })
  tz!: string;

  @ApiProperty({ enum: MISSED_POLICIES })
  missed!: MissedPolicy;

  @ApiProperty({ enum: ['code', 'rest'] })
  origin!: 'code' | 'rest';

  @ApiProperty()
  paused!: boolean;

  @ApiProperty({ description: 'Ticks made so far.' })
  tick_count!: number;

  @ApiProperty({ type: String, nullable: true, format: 'date-time' })
  last_at!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date-time',
    description: '`null` when no time is left, or while it is paused.',
  })
  next_at!: string | null;
}

export function timerJson(timer: Timer): TimerDto {
  const { name, cron, everyMs, tz, missed, origin, paused, tickCount, lastAt, nextAt } = timer;
  return {
    name,
    cron,
    every_ms: everyMs,
    tz,
    missed,
    origin,
    paused,
    tick_count: tickCount,
    last_at: lastAt?.toISOString() ?? null,
    next_at: paused ? null : (nextAt?.toISOString() ?? null),
  };
}
