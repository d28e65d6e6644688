import { Injectable } from '@nestjs/common';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import { FraudAgent } from './fraud.agent';
import { OrderApproved, OrderFraudCheck, OrderHeld, OrderRejected } from './order.events';

const HARMLESS_BELOW = 30;
const FRAUD_FROM = 80;

/** Clear cases by the score, the others by an agent. */
@Injectable()
export class DecideOrderTrigger {
  constructor(private readonly agent: FraudAgent) {}

  @OnEvent(OrderFraudCheck, { name: 'decide-order', scope: 'customer_id', timeout: '60s' })
  async decide(context: DecisionContext<OrderFraudCheck>): Promise<string> {
    const decision = await this.decisionOn(context.event);
    context.publish(decision);
    return decision.type;
  }

  private async decisionOn(check: OrderFraudCheck): Promise<OrderApproved | OrderHeld | OrderRejected> {
    const { order_id, customer_id, amount, score, signals } = check;
    if (score < HARMLESS_BELOW) return OrderApproved.of({ order_id, customer_id });
    if (score >= FRAUD_FROM) return OrderRejected.of({ order_id, customer_id, reason: signals.join(', ') });
    const { decision, reason } = await this.agent.run({
      task: 'Approve this order or hold it?',
      data: JSON.stringify({ amount, score, signals }),
    });
    if (decision === 'approved') return OrderApproved.of({ order_id, customer_id });
    return OrderHeld.of({ order_id, customer_id, reason });
  }
}
