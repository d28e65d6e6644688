import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent, Tool } from '@reflex/agents';
import { HttpPayload, WebSocketMessage } from '@reflex/events';
import { type DecisionContext, keyword, OnEvent } from '@reflex/triggers';
import { z } from 'zod';

@Injectable()
class Shelf {
  @Tool({ description: 'Looks a word up.', input: z.object({ word: z.string() }), effect: 'none' })
  lookUp({ word }: { word: string }): unknown {
    return { meaning: `What ${word} means` };
  }
}

@Agent({ name: 'clerk', prompt: 'Answer.' })
class Clerk extends LangChainAgent {}

@Agent({ name: 'librarian', prompt: 'Look the word up.', tools: [Shelf] })
class Librarian extends LangChainAgent {}

@Injectable()
class ChatTriggers {
  constructor(
    private readonly clerk: Clerk,
    private readonly librarian: Librarian,
  ) {}

  @OnEvent(WebSocketMessage, { name: 'count', scope: 'source', filter: keyword('count') })
  count({ event }: DecisionContext<WebSocketMessage>): string {
    return event.content;
  }

  @OnEvent(WebSocketMessage, { name: 'chat', scope: 'source', filter: keyword('story') })
  chat({ event }: DecisionContext<WebSocketMessage>): Promise<string> {
    return this.clerk.run(event.content);
  }

  @OnEvent(WebSocketMessage, { name: 'shelf', filter: keyword('shelf') })
  shelf({ event }: DecisionContext<WebSocketMessage>): Promise<string> {
    return this.librarian.run(event.content);
  }

  @OnEvent(HttpPayload, { name: 'ask' })
  ask({ event }: DecisionContext<HttpPayload>): Promise<string> {
    const agent = event.payload['look_up'] === true ? this.librarian : this.clerk;
    return agent.run(JSON.stringify(event.payload));
  }
}

@Module({})
class ChatModule {}

/** Agents that people listen to while they write. */
export function chatDomain(): DynamicModule[] {
  return [{ module: ChatModule, providers: [Shelf, Clerk, Librarian, ChatTriggers] }];
}
