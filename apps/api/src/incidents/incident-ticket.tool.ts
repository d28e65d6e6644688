import { Injectable } from '@nestjs/common';
import { EgressClient, secret, Tool, type ToolCall } from '@reflex/agents';
import { z } from 'zod';
import { SEVERITIES } from './incident.events';

const input = z.object({
  title: z.string().min(1).max(200),
  description: z.string().max(5_000),
  priority: z.enum(SEVERITIES),
});

const tickets = secret('INCIDENTS_URL');

/** Opens a ticket, so that somebody owns the incident. */
@Injectable()
export class IncidentTicketTool {
  constructor(private readonly http: EgressClient) {}

  @Tool({
    name: 'create_incident_ticket',
    description: 'Opens an incident ticket in the ticketing system.',
    input,
    effect: 'keyed',
    egress: [tickets],
  })
  async create(ticket: z.output<typeof input>, call: ToolCall): Promise<string> {
    if (!this.http.knows(tickets))
      return 'No ticketing system is connected here (INCIDENTS_URL is not set), so no ticket was made.';
    const made = await this.http.post({ url: tickets, body: ticket }, call);
    const id = (made as { id?: unknown } | null)?.id;
    return typeof id === 'string' || typeof id === 'number' ? `The ticket ${id} was made.` : 'The ticket was made.';
  }
}
