import { Inject, Injectable } from '@nestjs/common';
import { Tool, type ToolCall } from '@reflex/agents';
import { z } from 'zod';
import { SEVERITIES } from './incident.events';
import { INCIDENTS_OPTIONS, type IncidentsOptions } from './incidents-options';
import { postJson } from './post-json';

const input = z.object({
  title: z.string().min(1).max(200),
  description: z.string().max(5_000),
  priority: z.enum(SEVERITIES),
});

/** Opens a ticket, so that somebody owns the incident. */
@Injectable()
export class IncidentTicketTool {
  constructor(@Inject(INCIDENTS_OPTIONS) private readonly options: IncidentsOptions) {}

  @Tool({
    name: 'create_incident_ticket',
    description: 'Opens an incident ticket in the ticketing system.',
    input,
    effect: 'keyed',
  })
  async create(ticket: z.output<typeof input>, call: ToolCall): Promise<string> {
    const { incidentsUrl, timeoutMs } = this.options;
    if (!incidentsUrl)
      return 'No ticketing system is connected here (INCIDENTS_URL is not set), so no ticket was made.';
    const made = await postJson(incidentsUrl, ticket, call, { timeoutMs });
    const id = (made as { id?: unknown } | null)?.id;
    return typeof id === 'string' || typeof id === 'number' ? `The ticket ${id} was made.` : 'The ticket was made.';
  }
}
