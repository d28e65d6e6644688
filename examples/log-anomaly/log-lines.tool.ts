import { Injectable } from '@nestjs/common';
import { Tool } from '@reflex/agents';
import { EventStore } from '@reflex/event-store';
import { z } from 'zod';

const LOOK_BACK_MS = 10 * 60_000;

const input = z.object({ limit: z.int().min(1).max(50).default(20) });

/** The log is the store itself: nothing else has to keep the lines. */
@Injectable()
export class LogLinesTool {
  constructor(private readonly store: EventStore) {}

  @Tool({ name: 'log_lines', description: 'Lines of all services, newest first.', input, effect: 'none' })
  async read({ limit }: z.output<typeof input>): Promise<string> {
    const from = new Date(Date.now() - LOOK_BACK_MS);
    const { items } = await this.store.search({ types: ['log.entry'], from, order: 'newest', limit });
    return items.map(({ timestamp, payload }) => `${timestamp.toISOString()} ${JSON.stringify(payload)}`).join('\n');
  }
}
