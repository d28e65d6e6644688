import type { JsonValue } from '@reflex/core';
import { Allow, IsIn, IsInt, IsNotEmpty, IsObject, IsOptional, IsString, MaxLength, Min } from 'class-validator';
import { BaseEvent, type EventClass } from './base-event';
import { EventType } from './event-type.decorator';

@EventType('ws.message', {
  description: 'A message from a WebSocket client.',
  example: { connection_id: 'client123', content: 'The checkout fails with error 500.' },
})
export class WebSocketMessage extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  @MaxLength(128)
  connection_id!: string;

  @IsString()
  content!: string;
}

@EventType('http.request', {
  description: 'A request that somebody made to us, such as a webhook.',
  example: { method: 'GET', path: '/test' },
})
export class HttpRequest extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  @MaxLength(32)
  method!: string;

  @IsString()
  @MaxLength(2_048)
  path!: string;

  @IsObject()
  headers: Record<string, unknown> = {};

  /** Any JSON; `null` for a request without a body. */
  @Allow()
  body: JsonValue = null;
}

@EventType('http', {
  description: 'Free JSON, for those who have no type of their own yet.',
  example: { payload: { message: 'Hello, Reflex!' } },
})
export class HttpPayload extends BaseEvent {
  @IsObject()
  payload!: Record<string, unknown>;
}

@EventType('timer.tick', {
  description: 'A timer is due. Made by the server.',
  example: { timer_name: 'summary', tick_count: 1 },
})
export class TimerTick extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  timer_name!: string;

  @IsInt()
  @Min(0)
  tick_count!: number;

  /** The time that it was due, ISO 8601; a tick that makes up for a missed one comes later. */
  @IsOptional()
  @IsString()
  scheduled_at?: string;
}

export const LIFECYCLE_ACTIONS = ['started', 'stopped', 'error'] as const;

@EventType('lifecycle', {
  description: 'A process of the service started, stopped or met an error. Made by the server.',
  example: { action: 'started', details: null },
})
export class Lifecycle extends BaseEvent {
  @IsIn(LIFECYCLE_ACTIONS)
  action!: (typeof LIFECYCLE_ACTIONS)[number];

  @IsOptional()
  @IsString()
  details: string | null = null;
}

/** Known to every registry. */
export const BUILT_IN_EVENTS: readonly EventClass[] = [
  WebSocketMessage,
  HttpRequest,
  HttpPayload,
  TimerTick,
  Lifecycle,
];
