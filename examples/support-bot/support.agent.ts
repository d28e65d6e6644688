import { Agent, LangChainAgent } from '@reflex/agents';
import { SearchHelpTool } from './search-help.tool';

@Agent({
  name: 'support',
  prompt: `You answer customers of a furniture shop. Search the help articles first, and say only what they say.
If they do not answer the question, tell the customer to write "I want a person". Two sentences at most.`,
  tools: [SearchHelpTool],
  // What was said before in the same conversation, and a summary of what was said before that.
  memory: { window: { tokens: 2_000 }, summarize: true },
  budget: { toolCalls: 3, seconds: 30 },
})
export class SupportAgent extends LangChainAgent {}
