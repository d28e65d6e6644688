import { Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent } from '@reflex/agents';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import { IsIn, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { z } from 'zod';

const MOODS = ['neutral', 'unhappy', 'happy'] as const;

@EventType('feedback.received', {
  description: 'A customer said something.',
  example: { customer: 'ann', text: 'I am happy with the new chair.' },
})
export class FeedbackReceived extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  customer!: string;

  @IsString()
  @MaxLength(5_000)
  text!: string;
}

@EventType('feedback.sorted', { description: 'What an agent made of it. Published by this example.' })
export class FeedbackSorted extends BaseEvent {
  @IsString()
  customer!: string;

  @IsIn(MOODS)
  mood!: (typeof MOODS)[number];

  @IsString()
  summary!: string;
}

const Sorting = z.object({ mood: z.enum(MOODS), summary: z.string().describe('One sentence.') });
type Sorting = z.infer<typeof Sorting>;

@Agent({ name: 'feedback-sorter', prompt: 'You tell the mood of customers from what they say.', output: Sorting })
export class FeedbackSorter extends LangChainAgent<Sorting> {}

@Injectable()
export class FeedbackTrigger {
  constructor(private readonly sorter: FeedbackSorter) {}

  @OnEvent(FeedbackReceived, { name: 'sort-feedback' })
  async sort(context: DecisionContext<FeedbackReceived>): Promise<Sorting> {
    const { customer, text } = context.event;

    const sorting = await this.sorter.run({ task: 'What mood is this customer in?', data: text });

    context.publish(FeedbackSorted.of({ customer, ...sorting }));
    return sorting;
  }
}

/** The smallest useful thing: one event, one agent, one trigger, one event that follows. */
@Module({
  imports: [EventsModule.forFeature([FeedbackReceived, FeedbackSorted])],
  providers: [FeedbackSorter, FeedbackTrigger],
})
export class BasicModule {}
