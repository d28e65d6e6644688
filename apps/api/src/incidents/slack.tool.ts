import { Inject, Injectable } from '@nestjs/common';
import { Tool, type ToolCall } from '@reflex/agents';
import { z } from 'zod';
import { INCIDENTS_OPTIONS, type IncidentsOptions } from './incidents-options';
import { postJson } from './post-json';

const input = z.object({
  channel: z.string().default('#incidents').describe('Such as #incidents.'),
  message: z.string().min(1).max(3_000),
});

/** Tells people. */
@Injectable()
export class SlackTool {
  constructor(@Inject(INCIDENTS_OPTIONS) private readonly options: IncidentsOptions) {}

  @Tool({ name: 'notify_slack', description: 'Sends a notification to a Slack channel.', input, effect: 'keyed' })
  async notify({ channel, message }: z.output<typeof input>, call: ToolCall): Promise<string> {
    const { slackWebhookUrl, timeoutMs } = this.options;
    if (!slackWebhookUrl) return 'Slack is not connected here (SLACK_WEBHOOK_URL is not set), so nothing was sent.';
    await postJson(slackWebhookUrl, { channel, text: message }, call, { timeoutMs });
    return `The notification was sent to ${channel}.`;
  }
}
