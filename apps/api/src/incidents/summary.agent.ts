import { Agent, LangChainAgent } from '@reflex/agents';
import { z } from 'zod';

export const Summary = z.object({
  period: z.string().describe('From the first to the last event, in ISO 8601.'),
  event_count: z.int().min(0),
  highlights: z.array(z.string()).describe('Notable patterns and anomalies.'),
  concerns: z.array(z.string()).describe('What needs attention; empty if nothing does.'),
});
export type Summary = z.infer<typeof Summary>;

@Agent({
  name: 'summary',
  prompt: `You summarise what happened in a system for people who did not watch it.
Name the period covered, count the events, point out patterns, and flag what needs attention.
Be short, and keep to what the events say.`,
  output: Summary,
  budget: { seconds: 60 },
})
export class SummaryAgent extends LangChainAgent<Summary> {}
