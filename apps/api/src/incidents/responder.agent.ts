import { Agent, LangChainAgent } from '@reflex/agents';
import { RecentEventsTool } from './recent-events.tool';

@Agent({
  name: 'responder',
  prompt: `You answer the chat messages of engineers about the state of their system.
Look at recent events when the question is about what happens or happened. Answer in a few plain sentences.`,
  tools: [RecentEventsTool],
  budget: { toolCalls: 5, seconds: 60 },
})
export class ResponderAgent extends LangChainAgent {}
