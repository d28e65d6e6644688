import { BaseEvent, EventType } from '@reflex/events';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsNotEmpty, IsString, MaxLength } from 'class-validator';

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

@EventType('alert.fired', {
  description: 'A monitoring system found something.',
  example: { fingerprint: 'latency-1', service: 'checkout', severity: 'high', message: 'Latency is above 2 s.' },
})
export class AlertFired extends BaseEvent {
  /** The same for the same alert, however often it is sent. */
  @IsString()
  @IsNotEmpty()
  fingerprint!: string;

  @IsString()
  @IsNotEmpty()
  service!: string;

  @IsIn(SEVERITIES)
  severity!: Severity;

  @IsString()
  @MaxLength(5_000)
  message!: string;
}

/** What all events about an incident carry. */
abstract class IncidentEvent extends BaseEvent {
  @IsString()
  incident_id!: string;

  @IsString()
  service!: string;
}

@EventType('incident.opened', { description: 'A service is in trouble. Published by this example.' })
export class IncidentOpened extends IncidentEvent {
  @IsIn(SEVERITIES)
  severity!: Severity;

  @IsArray()
  @IsString({ each: true })
  messages!: string[];
}

@EventType('incident.updated', { description: 'More alerts of an open incident. Published by this example.' })
export class IncidentUpdated extends IncidentEvent {
  @IsInt()
  alerts!: number;
}

@EventType('incident.triaged', { description: 'What an agent made of it. Published by this example.' })
export class IncidentTriaged extends IncidentEvent {
  @IsString()
  summary!: string;

  @IsArray()
  @ArrayMaxSize(10)
  @IsString({ each: true })
  actions!: string[];
}

@EventType('incident.resolved', { description: 'No alert came for a while. Published by this example.' })
export class IncidentResolved extends IncidentEvent {}

export function worstOf(alerts: readonly AlertFired[]): Severity {
  const ranks = alerts.map(({ severity }) => SEVERITIES.indexOf(severity));
  return SEVERITIES[Math.max(0, ...ranks)]!;
}
