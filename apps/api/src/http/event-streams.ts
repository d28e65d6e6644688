import { PassThrough } from 'node:stream';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Access, type Scope } from '@reflex/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SETTINGS, type Settings } from '../settings';
import { letStand } from './admission';
import { EventStream } from './event-stream';
import { RequestRefused } from './refusals';

export interface StreamLimits {
  /** Between two signs of life; each time it is asked whether the key still holds. */
  aliveEveryMs: number;
  /** A client that leaves its events unread for so long is closed. */
  patienceMs: number;
}

const STREAM_LIMITS: StreamLimits = { aliveEveryMs: 15_000, patienceMs: 10_000 };

/** Answers that stay open: server-sent events. Keeps count of them, and ends them all when the service stops. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  private readonly open = new Set<EventStream>();
  private readonly byClient = new Map<string, number>();

  constructor(
    private readonly access: Access,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  beforeApplicationShutdown(): void {
    for (const stream of this.open) stream.end();
  }

  /** Begins to answer; throws when there are too many. Whoever was let in stays only as long as its key holds. */
  answer(request: FastifyRequest, reply: FastifyReply, scope: Scope): EventStream {
    const { sseMaxConnections, sseMaxConnectionsPerKey } = this.settings;
    const client = this.access.known(request.headers)?.keyId ?? request.ip;
    const ofClient = this.byClient.get(client) ?? 0;
    if (this.open.size >= sseMaxConnections) throw tooMany(503, 'The service has too many open streams.');
    if (ofClient >= sseMaxConnectionsPerKey)
      throw tooMany(429, `You have ${ofClient} open streams already. Close some.`);

    const stillAllowed = (): Promise<unknown> => this.access.assert(request.headers, scope);
    const body = new PassThrough();
    const stream = new EventStream(body, STREAM_LIMITS, stillAllowed);
    this.open.add(stream);
    this.byClient.set(client, ofClient + 1);
    stream.onClose(() => {
      this.open.delete(stream);
      const left = this.byClient.get(client)! - 1;
      if (left === 0) this.byClient.delete(client);
      else this.byClient.set(client, left);
    });
    reply.raw.once('close', () => body.destroy());
    letStand(reply.raw);
    void reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store, no-transform')
      // Proxies of the nginx family would collect events before they pass them on.
      .header('x-accel-buffering', 'no')
      .send(body);
    return stream;
  }
}

function tooMany(status: 429 | 503, why: string): RequestRefused {
  return new RequestRefused(status, 'too_many_streams', `${why} Come back in a few seconds.`, { retryAfterSeconds: 5 });
}
