import { BaseEvent, EventType } from '@reflex/events';
import { IsIn, IsNotEmpty, IsString, MaxLength } from 'class-validator';

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Source of the events that this example publishes itself; its triggers do not listen to it. */
export const OWN_SOURCE = 'internal:incidents';

@EventType('monitor.alert', {
  description: 'A monitoring system found something that people should know.',
  example: { service: 'checkout', severity: 'high', message: 'Latency is above 2 s.' },
})
export class MonitorAlert extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  service!: string;

  @IsIn(SEVERITIES)
  severity!: Severity;

  @IsString()
  @MaxLength(10_000)
  message!: string;
}

@EventType('monitor.error', {
  description: 'A service met an error.',
  example: { service: 'checkout', message: 'Payment failed: connection refused' },
})
export class MonitorError extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  service!: string;

  @IsString()
  @MaxLength(10_000)
  message!: string;
}

@EventType('incident.raised', {
  description: 'The alert agent has assessed a burst of errors. Published by this service.',
  example: { severity: 'high', summary: 'Payments fail since 10:04.' },
})
export class IncidentRaised extends BaseEvent {
  @IsIn(SEVERITIES)
  severity!: Severity;

  @IsString()
  summary!: string;
}
