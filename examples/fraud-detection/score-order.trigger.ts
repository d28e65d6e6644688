import { Injectable } from '@nestjs/common';
import { type DecisionContext, every, OnEvent } from '@reflex/triggers';
import { OrderCreated, OrderFraudCheck, UserFlagged } from './order.events';
import { type Risk, riskOf } from './risk';

const RECENT_MS = 10 * 60_000;

/** What is remembered of one customer, between orders and over restarts. */
interface Memory {
  /** When the recent orders were received, in milliseconds. */
  orderedAt?: number[];
  flagged?: boolean;
}

/** Scores each order by what it says and what its customer did before. */
@Injectable()
export class ScoreOrderTrigger {
  // One customer's orders are scored one after the other, so that two at once cannot both be "the first".
  @OnEvent([OrderCreated, UserFlagged], { name: 'score-order', scope: 'customer_id', when: every(1) })
  score(context: DecisionContext<OrderCreated | UserFlagged>): Risk | null {
    const { event, now } = context;
    const { orderedAt = [], flagged = false } = context.scratch as Memory;
    // Events are forgotten after each order; what stays is in `scratch`.
    context.clear();
    if (event instanceof UserFlagged) {
      Object.assign(context.scratch, { orderedAt, flagged: true } satisfies Memory);
      return null;
    }
    const recent = orderedAt.filter((at) => at > now.getTime() - RECENT_MS);
    Object.assign(context.scratch, { orderedAt: [...recent, now.getTime()], flagged } satisfies Memory);

    const risk = riskOf(event, { recentOrders: recent.length, flagged });

    const { order_id, customer_id, amount } = event;
    context.publish(OrderFraudCheck.of({ order_id, customer_id, amount, ...risk }));
    return risk;
  }
}
