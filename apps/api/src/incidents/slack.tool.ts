import { Injectable } from '@nestjs/common';
import { EgressClient, secret, Tool, type ToolCall } from '@reflex/agents';
import { z } from 'zod';

const input = z.object({
  channel: z.string().default('#incidents').describe('Such as #incidents.'),
  message: z.string().min(1).max(3_000),
});

// The URL of such a webhook is its password.
const webhook = secret('SLACK_WEBHOOK_URL');

/** Tells people. */
@Injectable()
export class SlackTool {
  constructor(private readonly http: EgressClient) {}

  @Tool({
    name: 'notify_slack',
    description: 'Sends a notification to a Slack channel.',
    input,
    effect: 'keyed',
    egress: [webhook],
  })
  async notify({ channel, message }: z.output<typeof input>, call: ToolCall): Promise<string> {
    if (!this.http.knows(webhook))
      return 'Slack is not connected here (SLACK_WEBHOOK_URL is not set), so nothing was sent.';
    await this.http.post({ url: webhook, body: { channel, text: message } }, call);
    return `The notification was sent to ${channel}.`;
  }
}
