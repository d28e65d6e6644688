import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ReflexError } from '@reflex/core';
import { EventStore, IngestQuota, type Published } from '@reflex/event-store';
import { EventRegistry, type BaseEvent } from '@reflex/events';
import { CloudEventPublisher } from '../cloud-events/cloud-event-publisher';
import { cloudEventMode, type CloudEventMode } from '../cloud-events/read-cloud-events';
import { RequestRefused } from '../http/refusals';
import { delayOptions, takeDelay, type WantedDelay } from './delay-fields';
import type { PublishedDto } from './published.dto';

/** Most events of one request. */
export const MAX_EVENTS = 500;
const KEY = /^[\x21-\x7e]{1,200}$/;
// Events of clients that name no source of their own.
const DEFAULT_SOURCE = { source: 'http' };

interface WantedEvent {
  event: BaseEvent;
  delay: WantedDelay;
}

/** From the JSON of a request to stored events. All of a request is stored, or nothing of it. */
@Injectable()
export class EventPublisher {
  constructor(
    private readonly registry: EventRegistry,
    private readonly store: EventStore,
    private readonly cloudEvents: CloudEventPublisher,
    private readonly quota: IngestQuota,
  ) {}

  async publish(
    body: unknown,
    idempotencyKey: string | undefined,
    headers: IncomingHttpHeaders = {},
  ): Promise<PublishedDto | PublishedDto[]> {
    const mode = cloudEventMode(headers);
    if (mode !== null) return this.publishCloudEvents(mode, headers, body, idempotencyKey);
    if (body === undefined || body === null) {
      throw new RequestRefused(400, 'empty_body', 'The body is empty. Send an event, or an array of events.');
    }
    const options = optionsOf(idempotencyKey);
    const wanted = Array.isArray(body) ? this.parseAll(body) : [this.parse(body)];
    const events = wanted.map(({ event }) => event);
    this.quota.admit(events);
    const published = await this.store.publish(events, {
      ...options,
      ...delayOptions(wanted.map(({ delay }) => delay)),
    });
    const answers = published.map((one) => answerOf(one));
    return Array.isArray(body) ? answers : answers[0]!;
  }

  private async publishCloudEvents(
    mode: CloudEventMode,
    headers: IncomingHttpHeaders,
    body: unknown,
    idempotencyKey: string | undefined,
  ): Promise<PublishedDto | PublishedDto[]> {
    if (Array.isArray(body) && body.length > MAX_EVENTS) throw wrongSize(body.length);
    const published = await this.cloudEvents.publish(mode, headers, body, optionsOf(idempotencyKey));
    const answers = published.map((one) => answerOf(one));
    return mode === 'batch' ? answers : answers[0]!;
  }

  private parse(raw: unknown): WantedEvent {
    const { event, delay } = takeDelay(raw, this.registry);
    return { event: this.registry.parse(event, DEFAULT_SOURCE), delay };
  }

  private parseAll(items: unknown[]): WantedEvent[] {
    if (items.length === 0 || items.length > MAX_EVENTS) throw wrongSize(items.length);
    return items.map((item, index) => this.parseItem(item, index));
  }

  private parseItem(item: unknown, index: number): WantedEvent {
    try {
      return this.parse(item);
    } catch (error) {
      if (error instanceof ReflexError && error.status < 500) throw inBatch(error, index);
      throw error;
    }
  }
}

function wrongSize(size: number): RequestRefused {
  const message = `An array holds 1 to ${MAX_EVENTS} events; this one has ${size}. Split it up.`;
  return new RequestRefused(422, 'wrong_batch_size', message);
}

function answerOf({ id }: Published): PublishedDto {
  return { id, status: 'published' };
}

function optionsOf(key: string | undefined): { idempotencyKey: string } | undefined {
  if (key === undefined) return undefined;
  if (!KEY.test(key)) {
    throw new RequestRefused(
      422,
      'invalid_idempotency_key',
      'An Idempotency-Key has 1 to 200 printable ASCII characters.',
    );
  }
  // Keys of WebSocket clients and webhooks stand in the same table; no client may guess one of those.
  return { idempotencyKey: `http:${key}` };
}

function inBatch(error: ReflexError, index: number): RequestRefused {
  const message = `Event ${index} of the array: ${error.message} Nothing of the array was stored.`;
  const details = { index, problems: error.details };
  return new RequestRefused(error.status, error.code, message, { details, cause: error });
}
