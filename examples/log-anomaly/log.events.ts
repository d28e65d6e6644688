import { BaseEvent, EventType } from '@reflex/events';
import { IsArray, IsIn, IsInt, IsNotEmpty, IsString, MaxLength, Min } from 'class-validator';

export const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;

@EventType('log.entry', {
  description: 'A line of a log.',
  example: { service: 'checkout', level: 'error', message: 'Connection to payments refused' },
})
export class LogEntry extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  service!: string;

  @IsIn(LEVELS)
  level!: (typeof LEVELS)[number];

  @IsString()
  @MaxLength(10_000)
  message!: string;
}

@EventType('log.anomaly', { description: 'One service fails in one way, often. Published by this example.' })
export class LogAnomaly extends BaseEvent {
  @IsString()
  service!: string;

  /** The messages with what differs left out. */
  @IsString()
  pattern!: string;

  @IsInt()
  @Min(1)
  count!: number;

  @IsArray()
  @IsString({ each: true })
  samples!: string[];
}

@EventType('log.root_cause', { description: 'What an agent takes for the cause. Published by this example.' })
export class LogRootCause extends BaseEvent {
  @IsString()
  service!: string;

  @IsString()
  cause!: string;

  @IsArray()
  @IsString({ each: true })
  evidence!: string[];
}

@EventType('log.summary', { description: 'The causes of a while, for people. Published by this example.' })
export class LogSummary extends BaseEvent {
  @IsString()
  headline!: string;

  @IsString()
  summary!: string;

  @IsArray()
  @IsString({ each: true })
  services!: string[];
}
