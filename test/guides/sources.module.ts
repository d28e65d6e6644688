import { Injectable, Module } from '@nestjs/common';
import { EventStore } from '@reflex/event-store';
import { BaseEvent, EventsModule, EventType, HttpRequest, TimerTick } from '@reflex/events';
import { OnTimer } from '@reflex/timers';
import { batch, debounce, type DecisionContext, field, OnEvent, source } from '@reflex/triggers';
import { IsInt, IsString, Min } from 'class-validator';

@EventType('order.placed')
export class OrderPlaced extends BaseEvent {
  @IsString()
  order_id!: string;

  @IsInt()
  @Min(0)
  total!: number;
}

@EventType('order.reminder')
export class OrderReminder extends BaseEvent {
  @IsString()
  order_id!: string;
}

@Injectable()
export class Orders {
  constructor(private readonly store: EventStore) {}

  async remind(orderId: string): Promise<void> {
    const reminder = OrderReminder.of({ source: 'orders', order_id: orderId });
    await this.store.publish(reminder, { delayMs: 24 * 3_600_000 });
  }

  async remindAt(orderId: string, deliverAt: Date): Promise<void> {
    await this.store.publish(OrderReminder.of({ source: 'orders', order_id: orderId }), { deliverAt });
  }
}

@Injectable()
export class Reports {
  @OnTimer({ cron: '0 9 * * 1-5', tz: 'Europe/Berlin', missed: 'once', name: 'morning-report' })
  report({ event }: DecisionContext<TimerTick>): string {
    return `Report number ${event.tick_count}, due at ${event.scheduled_at}`;
  }

  @OnTimer({ every: '1s', missed: 'skip', name: 'look-around' })
  look({ event }: DecisionContext<TimerTick>): number {
    return event.tick_count;
  }

  @OnEvent(TimerTick, { name: 'poll', match: { timer_name: 'poll-inbox' } })
  poll({ event }: DecisionContext<TimerTick>): string {
    return `Polled for the ${event.tick_count}. time`;
  }
}

@Injectable()
export class Shop {
  @OnEvent(OrderPlaced, { name: 'export', scope: '*', when: batch({ size: 3, timeout: '30s' }) })
  export({ events }: DecisionContext<OrderPlaced>): string[] {
    return events.map((order) => order.order_id);
  }

  @OnEvent(OrderPlaced, { name: 'calm', scope: '*', when: debounce('1s', { atMost: '1m' }) })
  calm({ events }: DecisionContext<OrderPlaced>): number {
    return events.length;
  }

  @OnEvent(HttpRequest, {
    name: 'failed-charges',
    filter: source('webhook:stripe').and(field('body.type', 'charge.failed')),
  })
  charge({ event }: DecisionContext<HttpRequest>): unknown {
    return event.body;
  }
}

@Module({
  imports: [EventsModule.forFeature([OrderPlaced, OrderReminder])],
  providers: [Orders, Reports, Shop],
  exports: [Orders],
})
export class SourcesModule {}
