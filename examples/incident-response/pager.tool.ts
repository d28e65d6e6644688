import { Injectable, Logger } from '@nestjs/common';
import { Tool, type ToolCall } from '@reflex/agents';
import { z } from 'zod';
import { SEVERITIES } from './incident.events';

const input = z.object({ service: z.string(), severity: z.enum(SEVERITIES), message: z.string().max(500) });

/** Stands for a pager: it only writes into the log. */
@Injectable()
export class PagerTool {
  private readonly logger = new Logger(PagerTool.name);

  // A real one sends `call.key` as its deduplication key, so that a retried attempt wakes nobody twice.
  @Tool({ name: 'page_on_call', description: 'Wakes the engineer on call.', input, effect: 'keyed' })
  page({ service, severity, message }: z.output<typeof input>, call: ToolCall): string {
    this.logger.warn(`Page for ${service} (${severity}): ${message} [${call.key}]`);
    return `The engineer on call for ${service} was paged.`;
  }
}
