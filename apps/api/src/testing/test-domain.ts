import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { PermanentError } from '@reflex/core';
import { BaseEvent, EventsModule, EventType, HttpPayload, Lifecycle, WebSocketMessage } from '@reflex/events';
import { DecisionContext, OnEvent } from '@reflex/triggers';
import { IsInt, IsString, Min } from 'class-validator';

@EventType('order.placed', { example: { order_id: '7', total: 3 } })
export class OrderPlaced extends BaseEvent {
  @IsString()
  order_id!: string;

  @IsInt()
  @Min(0)
  total!: number;
}

/** Triggers whose outcome a test decides by what it sends. */
@Injectable()
export class TestTriggers {
  @OnEvent(WebSocketMessage, { name: 'echo' })
  echo({ event }: DecisionContext<WebSocketMessage>): string {
    if (event.content === 'fail') throw new PermanentError('password=hunter2 in select * from secrets');
    return `You said: ${event.content}`;
  }

  @OnEvent(HttpPayload, { name: 'picky' })
  picky({ event }: DecisionContext<HttpPayload>): unknown {
    if (event.payload['fail'] === true) throw new PermanentError('It is not to be.');
    return { seen: event.payload };
  }

  @OnEvent(OrderPlaced, { name: 'billing' })
  billing({ event }: DecisionContext<OrderPlaced>): number {
    return event.total;
  }

  @OnEvent(Lifecycle, { name: 'watch' })
  watch({ event }: DecisionContext<Lifecycle>): string {
    return event.action;
  }
}

@Module({})
class TestDomainModule {}

export function testDomain(): DynamicModule[] {
  return [{ module: TestDomainModule, imports: [EventsModule.forFeature([OrderPlaced])], providers: [TestTriggers] }];
}
