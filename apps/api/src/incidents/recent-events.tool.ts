import { Injectable } from '@nestjs/common';
import { Tool } from '@reflex/agents';
import { EventStore } from '@reflex/event-store';
import { z } from 'zod';

const MAX_FIELDS_CHARS = 500;

const input = z.object({
  type: z.string().optional().describe('Only events of this type; * stands for any characters, as in monitor.*'),
  hours: z.number().positive().max(72).default(1).describe('How far to look back.'),
  limit: z.int().min(1).max(50).default(20),
});

/** Lets an agent look into the log. */
@Injectable()
export class RecentEventsTool {
  constructor(private readonly store: EventStore) {}

  @Tool({ name: 'recent_events', description: 'Recent events, newest first.', input, effect: 'none' })
  async read({ type, hours, limit }: z.output<typeof input>): Promise<object> {
    const from = new Date(Date.now() - hours * 3_600_000);
    const { items } = await this.store.search({ types: type ? [type] : undefined, from, order: 'newest', limit });
    return {
      count: items.length,
      events: items.map(({ type, source, receivedAt, payload }) => ({
        type,
        source,
        received_at: receivedAt.toISOString(),
        fields: shortened(payload),
      })),
    };
  }
}

function shortened(fields: Record<string, unknown>): unknown {
  const text = JSON.stringify(fields);
  return text.length <= MAX_FIELDS_CHARS ? fields : `${text.slice(0, MAX_FIELDS_CHARS)}…`.toWellFormed();
}
