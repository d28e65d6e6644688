import { Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent } from '@reflex/agents';
import { HttpPayload, WebSocketMessage } from '@reflex/events';
import { currentRun } from '@reflex/observability';
import { type DecisionContext, OnEvent } from '@reflex/triggers';

@Agent({ name: 'poet', prompt: 'Write a short poem.', model: ['ollama:qwen3:8b', 'openai:gpt-4o-mini'] })
export class Poet extends LangChainAgent {}

@Agent({ name: 'critic', prompt: 'Say in one sentence what is wrong with the poem.' })
export class Critic extends LangChainAgent {}

@Injectable()
export class Poems {
  constructor(
    private readonly poet: Poet,
    private readonly critic: Critic,
  ) {}

  @OnEvent(HttpPayload, { name: 'poem' })
  async write({ event }: DecisionContext<HttpPayload>): Promise<string> {
    currentRun()?.tell?.({ type: 'token', agent: 'poem', turn: 0, text: 'One moment.' });
    return this.poet.run({ task: 'Write a poem about this.', data: event.payload });
  }

  @OnEvent(WebSocketMessage, { name: 'critique', scope: 'source' })
  critique({ event }: DecisionContext<WebSocketMessage>): Promise<string> {
    const poem = event.content;
    return this.critic.run(poem, { model: 'ollama:qwen3:32b' });
  }
}

@Module({ providers: [Poet, Critic, Poems] })
export class PoemsModule {}
