import { Agent, LangChainAgent } from '@reflex/agents';
import { z } from 'zod';
import { IncidentTicketTool } from './incident-ticket.tool';
import { SEVERITIES } from './incident.events';
import { RecentEventsTool } from './recent-events.tool';
import { SlackTool } from './slack.tool';

export const Alert = z.object({
  severity: z.enum(SEVERITIES),
  summary: z.string().describe('One or two sentences: what fails, where, since when.'),
  recommended_actions: z.array(z.string()).describe('What a person should do, most urgent first.'),
});
export type Alert = z.infer<typeof Alert>;

@Agent({
  name: 'alert',
  prompt: `You analyse bursts of errors for the engineer on call.
1. Look at recent events if the given ones do not tell the cause.
2. Assess the severity by frequency and kind of the errors.
3. Send one Slack notification, and open one incident ticket, so that nobody has to find out by chance.
4. Answer with severity, a clear summary and the actions you recommend. Be short.`,
  output: Alert,
  tools: [RecentEventsTool, SlackTool, IncidentTicketTool],
  budget: { toolCalls: 10, seconds: 60 },
})
export class AlertAgent extends LangChainAgent<Alert> {}
