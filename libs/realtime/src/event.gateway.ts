import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { NotFound, ReflexError, type ClientFrame, type ResumeFrame } from '@reflex/core';
import { EventStore, IngestQuota, type Published } from '@reflex/event-store';
import { WebSocketMessage } from '@reflex/events';
import type { Connection, FrameRefusal } from './connection';
import { errorFrame, InvalidFrame, parseFrame } from './frame';
import { Replies } from './runs/replies';
import { SocketServer } from './socket-server';

class TooManyFrames extends ReflexError {
  readonly code = 'rate_limited';
  override readonly status = 429;

  constructor(waitMs: number) {
    super(`You send too fast; this frame was not stored. Send it again in ${waitMs} ms.`, {
      details: { retry_after_ms: waitMs },
    });
  }
}

class Unexpected extends ReflexError {
  readonly code = 'internal_error';
}

/** `/ws` and `/ws/:clientId`: each frame becomes a `ws.message` event, and what its triggers answer comes back. */
@Injectable()
export class EventGateway implements OnModuleInit {
  private readonly logger = new Logger(EventGateway.name);

  constructor(
    private readonly sockets: SocketServer,
    private readonly store: EventStore,
    private readonly replies: Replies,
    private readonly quota: IngestQuota,
  ) {}

  onModuleInit(): void {
    this.sockets.route({
      path: '/ws',
      open: (connection, clientId) => this.open(connection, clientId ?? randomUUID()),
    });
  }

  private open(connection: Connection, clientId: string): void {
    connection.onClose(() => this.replies.forget(connection));
    connection.onFrame(
      (text) => this.take(connection, clientId, text),
      (refusal) => connection.send(errorFrame(explain(refusal))),
    );
  }

  private async take(connection: Connection, clientId: string, text: string): Promise<void> {
    try {
      const frame = parseFrame(text);
      if ('resume' in frame) return await this.resume(connection, clientId, frame);
      const { id, duplicate } = await this.publish(clientId, frame);
      connection.send({ ack: id });
      this.replies.watch(id, connection, { resent: duplicate });
    } catch (error) {
      connection.send(errorFrame(this.known(error)));
    }
  }

  private async resume(connection: Connection, clientId: string, { resume: id, after }: ResumeFrame): Promise<void> {
    const event = await this.store.find(id);
    if (event?.source !== `ws:${clientId}`) {
      throw new NotFound(
        'This client has sent no message with this id. Resume with the id that was acknowledged to it.',
      );
    }
    connection.send({ ack: id });
    this.replies.watch(id, connection, { resent: true, after });
  }

  private async publish(clientId: string, frame: ClientFrame): Promise<Published> {
    const event = WebSocketMessage.of({
      source: `ws:${clientId}`,
      connection_id: clientId,
      content: frame.content,
    });
    this.quota.admit([event]);
    // The client's own id only makes a resend harmless. It is no event id: two clients may well both count from 1.
    const options = frame.id === undefined ? undefined : { idempotencyKey: `ws:${clientId}:${frame.id}` };
    const [published] = await this.store.publish(event, options);
    return published!;
  }

  private known(error: unknown): ReflexError {
    if (error instanceof ReflexError) return error;
    this.logger.error(error);
    return new Unexpected(
      'The server failed; whether the frame was stored is not known. Send it again with the same "id".',
    );
  }
}

function explain(refusal: FrameRefusal): ReflexError {
  return refusal.reason === 'too_fast'
    ? new TooManyFrames(refusal.waitMs)
    : new InvalidFrame('The frame is binary. Send JSON such as {"content": "Hello"} as text.');
}
