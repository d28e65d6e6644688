import { Injectable } from '@nestjs/common';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import { ChatBotResponse, customerOf, type Message, MESSAGES } from './support.events';
import { SupportAgent } from './support.agent';

/** Answers each message, with what was said before in mind; over a WebSocket what is returned goes back to the client. */
@Injectable()
export class SupportBotTrigger {
  constructor(private readonly agent: SupportAgent) {}

  // One conversation per source, in order; the agent remembers each by itself.
  @OnEvent(MESSAGES, { name: 'support-bot', scope: 'source', timeout: '60s' })
  async answer(context: DecisionContext<Message>): Promise<string> {
    const { event } = context;
    const answer = await this.agent.run({ task: 'Answer this message.', data: event.content });
    context.publish(ChatBotResponse.of({ customer: customerOf(event), answer }));
    return answer;
  }
}
