import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { EventStore, IdempotencyConflict, IngestQuota, type PublishOptions, type Published } from '@reflex/event-store';
import { EventRegistry, type BaseEvent } from '@reflex/events';
import { eventJsonOf } from './cloud-event';
import { readCloudEvents, type CloudEventMode } from './read-cloud-events';

/**
 * Publishes CloudEvents. One is known by its source and id together, an event of ours by its id alone: so of two sources
 * that use the same id, the second gets an id with a mark of its source.
 */
@Injectable()
export class CloudEventPublisher {
  constructor(
    private readonly registry: EventRegistry,
    private readonly store: EventStore,
    private readonly quota: IngestQuota,
  ) {}

  async publish(
    mode: CloudEventMode,
    headers: IncomingHttpHeaders,
    body: unknown,
    options?: PublishOptions,
  ): Promise<Published[]> {
    const cloudEvents = await readCloudEvents(mode, headers, body);
    const events = cloudEvents.map((cloudEvent) => this.registry.parse(eventJsonOf(cloudEvent, this.registry)));
    this.quota.admit(events);
    markRepeats(events);
    try {
      return await this.store.publish(events, options);
    } catch (error) {
      if (!(error instanceof IdempotencyConflict) || !(await this.markTaken(events))) throw error;
      return this.store.publish(events, options);
    }
  }

  /** Marks the events whose id was used by another source before; answers whether there are any. */
  private async markTaken(events: BaseEvent[]): Promise<boolean> {
    let isAny = false;
    for (const event of events) {
      const first = await this.store.find(event.id);
      if (!first || first.source === event.source) continue;
      event.id = marked(event);
      isAny = true;
    }
    return isAny;
  }
}

function markRepeats(events: BaseEvent[]): void {
  const sources = new Map<string, string>();
  for (const event of events) {
    const source = sources.get(event.id) ?? event.source;
    sources.set(event.id, source);
    if (source !== event.source) event.id = marked(event);
  }
}

function marked({ id, source }: BaseEvent): string {
  return `${id}@${createHash('sha256').update(source).digest('hex').slice(0, 12)}`;
}
