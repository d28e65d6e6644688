import { Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent } from '@reflex/agents';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { count, type DecisionContext, OnEvent, where } from '@reflex/triggers';
import { IsNumber, IsString } from 'class-validator';
import { z } from 'zod';

@EventType('payment.declined')
export class PaymentDeclined extends BaseEvent {
  @IsString() card!: string;
  @IsNumber() amount!: number;
}

const Verdict = z.object({ suspicious: z.boolean(), reason: z.string() });
type Verdict = z.infer<typeof Verdict>;

@Agent({ name: 'fraud', prompt: 'Judge whether these declined payments look like fraud.', output: Verdict })
export class FraudAgent extends LangChainAgent<Verdict> {}

@Injectable()
export class FraudTrigger {
  constructor(private readonly agent: FraudAgent) {}

  @OnEvent(PaymentDeclined, {
    name: 'fraud',
    filter: where(({ amount }) => amount > 100),
    scope: 'card', // one memory per card; its events are handled one at a time, in order
    when: count(3).within('10m'), // over all processes, and over restarts
  })
  judge(context: DecisionContext<PaymentDeclined>): Promise<Verdict> {
    return this.agent.run(context.summarize());
  }
}

@Module({
  imports: [EventsModule.forFeature([PaymentDeclined])],
  providers: [FraudAgent, FraudTrigger],
})
export class FraudModule {}
