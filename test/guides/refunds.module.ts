import { Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent, Tool } from '@reflex/agents';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import { IsNumber, IsString } from 'class-validator';
import { z } from 'zod';

@EventType('refund.wanted')
export class RefundWanted extends BaseEvent {
  @IsString()
  order!: string;

  @IsString()
  why!: string;
}

@EventType('refund.granted')
export class RefundGranted extends BaseEvent {
  @IsString()
  order!: string;

  @IsNumber()
  amount!: number;
}

@Injectable()
export class OrderTools {
  @Tool({
    description: 'What was bought, when and for how much.',
    input: z.object({ order: z.string() }),
    effect: 'none',
  })
  findOrder(_input: { order: string }): unknown {
    throw new Error('Ask the shop here.');
  }
}

export const Refund = z.object({ amount: z.number().min(0), reason: z.string() });
export type Refund = z.infer<typeof Refund>;

@Agent({
  name: 'refunds',
  prompt: 'Look at the order, then say how much the customer gets back: at most what it cost.',
  output: Refund,
  tools: [OrderTools],
})
export class RefundAgent extends LangChainAgent<Refund> {}

@Injectable()
export class RefundTrigger {
  constructor(private readonly agent: RefundAgent) {}

  @OnEvent(RefundWanted, { name: 'refund', scope: 'order' })
  async refund(context: DecisionContext<RefundWanted>): Promise<Refund> {
    const { order, why } = context.event;
    const refund = await this.agent.run({ task: `Order ${order} is complained about.`, data: why });
    if (refund.amount > 0) context.publish(RefundGranted.of({ order, amount: refund.amount }));
    return refund;
  }
}

@Module({
  imports: [EventsModule.forFeature([RefundWanted, RefundGranted])],
  providers: [OrderTools, RefundAgent, RefundTrigger],
})
export class RefundsModule {}
