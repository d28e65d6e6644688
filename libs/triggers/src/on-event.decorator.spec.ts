import { BaseEvent, EventType } from '@reflex/events';
import { IsString } from 'class-validator';
import type { DecisionContext } from './context/decision-context';
import { allOf, not } from './filters/filter';
import { field, keyword, source, where } from './filters/plain-filters';
import { OnEvent, triggersOf } from './on-event.decorator';

@EventType('decorated.alert')
class Alert extends BaseEvent {
  @IsString()
  service!: string;
}

@EventType('decorated.order')
class Order extends BaseEvent {
  @IsString()
  sku!: string;
}

class Decorated {
  @OnEvent(Alert, { name: 'first' })
  @OnEvent('decorated.*', { name: 'second' })
  repeated(context: DecisionContext): string {
    return context.event.type;
  }

  @OnEvent(Alert, {
    filter: keyword('error')
      .and(not(source('internal:*')))
      .and(where((event: Alert) => event.service !== '')),
    scope: 'service',
    when: (context) => context.events.every((event) => event.service === 'db'),
  })
  narrow(context: DecisionContext<Alert>): string {
    return context.event.service;
  }

  @OnEvent([Alert, Order], { filter: allOf(keyword('x'), field('service', 'db')) })
  either({ event }: DecisionContext<Alert | Order>): string {
    return event instanceof Order ? event.sku : event.service;
  }

  @OnEvent(Alert, { filter: where((event) => event.service === 'db') })
  withoutContext(): void {}

  // @ts-expect-error A handler of orders cannot listen to alerts.
  @OnEvent(Alert)
  wrongEvent(context: DecisionContext<Order>): string {
    return context.event.sku;
  }

  // @ts-expect-error A filter of orders cannot filter alerts.
  @OnEvent(Alert, { filter: where((event: Order) => event.sku === '') })
  wrongFilter(): void {}
}

describe('@OnEvent', () => {
  it('keeps repeated declarations in the order in which they are read', () => {
    const names = triggersOf(Decorated.prototype.repeated).map(({ options }) => options.name);

    expect(names).toEqual(['first', 'second']);
  });

  it('takes a class, a glob and a list of both', () => {
    const patterns = [Decorated.prototype.repeated, Decorated.prototype.either]
      .flatMap(triggersOf)
      .map((declaration) => declaration.patterns);

    expect(patterns).toEqual([[Alert], ['decorated.*'], [Alert, Order]]);
  });
});
