import { Agent, LangChainAgent } from '@reflex/agents';
import { z } from 'zod';
import { LogLinesTool } from './log-lines.tool';

export const RootCause = z.object({
  cause: z.string().describe('One sentence.'),
  evidence: z.array(z.string()).max(5).describe('The lines that say so.'),
});
export type RootCause = z.infer<typeof RootCause>;

@Agent({
  name: 'root-cause',
  prompt: `You find out why a service fails. Look at the lines of the other services too: what failed first is
often the cause of the rest. Name one cause, and the lines that say so.`,
  output: RootCause,
  tools: [LogLinesTool],
  budget: { toolCalls: 3, seconds: 45 },
})
export class RootCauseAgent extends LangChainAgent<RootCause> {}

export const Digest = z.object({
  headline: z.string().max(120),
  summary: z.string().describe('At most five sentences, for people who did not watch.'),
});
export type Digest = z.infer<typeof Digest>;

@Agent({ name: 'log-digest', prompt: 'You tell people what failed, and what is behind it.', output: Digest })
export class LogDigestAgent extends LangChainAgent<Digest> {}
