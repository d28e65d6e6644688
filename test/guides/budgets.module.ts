import { Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent } from '@reflex/agents';
import { HttpPayload } from '@reflex/events';
import { type DecisionContext, OnEvent } from '@reflex/triggers';

@Agent({
  name: 'support',
  prompt: 'Answer the customer in two sentences.',
  budget: {
    usd: 0.25,
    tokens: 1_000_000,
    seconds: 60,
    toolCalls: 10,
    perDay: { usd: 0.5 },
    perScope: { usd: 0.2, toolCalls: 100 },
    onExhausted: 'park',
  },
})
export class Support extends LangChainAgent {}

@Agent({
  name: 'digest',
  prompt: 'Sum up the day.',
  budget: { perDay: { usd: 2 }, onExhausted: 'degrade', degradeTo: 'openai:gpt-4.1-nano' },
})
export class Digest extends LangChainAgent {}

@Injectable()
export class Desk {
  constructor(
    private readonly support: Support,
    private readonly digest: Digest,
  ) {}

  @OnEvent(HttpPayload, { name: 'desk', scope: 'source' })
  answer({ event }: DecisionContext<HttpPayload>): Promise<string> {
    const agent = event.payload['digest'] === true ? this.digest : this.support;
    return agent.run(JSON.stringify(event.payload));
  }
}

@Module({ providers: [Support, Digest, Desk] })
export class DeskModule {}
