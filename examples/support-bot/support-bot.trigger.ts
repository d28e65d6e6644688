import { Injectable } from '@nestjs/common';
import { type DecisionContext, every, OnEvent } from '@reflex/triggers';
import { ChatBotResponse, customerOf, type Message, MESSAGES } from './support.events';
import { SupportAgent } from './support.agent';

const MAX_REMEMBERED = 10;

/** Answers each message, with what was said before in mind; over a WebSocket what is returned goes back to the client. */
@Injectable()
export class SupportBotTrigger {
  constructor(private readonly agent: SupportAgent) {}

  // One conversation per source, in order. The condition is always true; it makes the memory last.
  @OnEvent(MESSAGES, { name: 'support-bot', scope: 'source', when: every(1), timeout: '60s' })
  async answer(context: DecisionContext<Message>): Promise<string> {
    const { event } = context;
    const before = (context.scratch['said'] ?? []) as string[];

    const answer = await this.agent.run({
      task: before.length > 0 ? `Answer this message. Said before:\n${before.join('\n')}` : 'Answer this message.',
      data: event.content,
    });

    context.clear();
    context.scratch['said'] = [...before, `Customer: ${event.content}`, `You: ${answer}`].slice(-MAX_REMEMBERED);
    context.publish(ChatBotResponse.of({ customer: customerOf(event), answer }));
    return answer;
  }
}
