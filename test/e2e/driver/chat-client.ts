import { once } from 'node:events';
import type { ServerFrame } from '@reflex/core';
import { WebSocket } from 'ws';

export interface ChatMessage {
  content: string;
  /** Of its event; known once it is acknowledged. */
  eventId: string;
}

export type ChatAnswer = Extract<ServerFrame, { type: 'reply' | 'error' }>;

/** Somebody who chats over a WebSocket: sends one message after the other and keeps what comes back. */
export class ChatClient {
  readonly answers: ChatAnswer[] = [];
  private readonly acks: ((frame: ServerFrame) => void)[] = [];

  private constructor(
    readonly clientId: string,
    private readonly socket: WebSocket,
  ) {
    // In the order in which they were sent, as a message is sent only when the one before it is acknowledged.
    socket.on('message', (text: Buffer) => {
      const frame = JSON.parse(text.toString()) as ServerFrame;
      if ('type' in frame) {
        if (frame.type === 'reply' || frame.type === 'error') this.answers.push(frame);
      } else this.acks.shift()?.(frame);
    });
  }

  static async connect(url: string, clientId: string): Promise<ChatClient> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws/${clientId}`);
    await once(socket, 'open');
    return new ChatClient(clientId, socket);
  }

  /** Until it is acknowledged; throws what the server says when it refuses. */
  async say(content: string): Promise<ChatMessage> {
    const acked = new Promise<ServerFrame>((resolve) => this.acks.push(resolve));
    this.socket.send(JSON.stringify({ content }));
    const frame = await acked;
    if (!('ack' in frame)) throw new Error(`The message was refused: ${JSON.stringify(frame)}`);
    return { content, eventId: frame.ack };
  }

  /** Whether something came back for each of the messages. */
  hasAnswersTo(messages: readonly ChatMessage[]): boolean {
    const answered = new Set(this.answers.map(({ event_id: id }) => id));
    return messages.every(({ eventId }) => answered.has(eventId));
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }
}
