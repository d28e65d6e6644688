import { Injectable } from '@nestjs/common';
import { count, type DecisionContext, OnEvent } from '@reflex/triggers';
import { OrderRejected, UserFlagged } from './order.events';

/** Two rejected orders within a day flag their customer, whose later orders score higher. */
@Injectable()
export class FlagUserTrigger {
  @OnEvent(OrderRejected, { name: 'flag-user', scope: 'customer_id', when: count(2).within('1d') })
  flag(context: DecisionContext<OrderRejected>): void {
    const order_ids = context.events.map(({ order_id }) => order_id);
    context.publish(UserFlagged.of({ customer_id: context.event.customer_id, reason: 'orders_rejected', order_ids }));
  }
}
