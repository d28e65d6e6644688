import { Agent, LangChainAgent } from '@reflex/agents';
import { z } from 'zod';
import { PagerTool } from './pager.tool';
import { RunbooksTool } from './runbooks.tool';

export const Triage = z.object({
  summary: z.string().describe('What fails, and what it means for customers.'),
  actions: z.array(z.string()).max(5).describe('What to do, most urgent first.'),
});
export type Triage = z.infer<typeof Triage>;

@Agent({
  name: 'triage',
  prompt: `You are the first to look at an incident.
Read the runbook of the service. When you are told to wake somebody, do so once. Then say what to do. Be short.`,
  output: Triage,
  tools: [RunbooksTool, PagerTool],
  budget: { toolCalls: 5, seconds: 45 },
})
export class TriageAgent extends LangChainAgent<Triage> {}
