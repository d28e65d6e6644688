import { Agent, LangChainAgent } from '@reflex/agents';
import { z } from 'zod';

// "Held" first: a model that cannot tell should not be the one that lets an order pass.
export const Verdict = z.object({
  decision: z.enum(['held', 'approved']),
  reason: z.string().describe('One sentence for the person who looks at it.'),
});
export type Verdict = z.infer<typeof Verdict>;

@Agent({
  name: 'fraud',
  prompt: `You look at orders that rules could neither clear nor refuse.
Approve what a customer would plausibly do, such as a present bought on a journey; hold the rest for a person.`,
  output: Verdict,
  budget: { seconds: 30 },
})
export class FraudAgent extends LangChainAgent<Verdict> {}
