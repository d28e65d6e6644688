import type { ServerFrame } from '@reflex/core';

/** Shows an answer while it is written, over a connection that may break. */
export class Chat {
  /** By run, since a further attempt writes anew. */
  readonly texts: Record<string, string> = {};
  reply: unknown;
  private asked: string | undefined;
  private readonly seen: Record<string, number> = {};
  private socket!: WebSocket;

  constructor(private readonly url: string) {}

  connect(): void {
    this.socket = new WebSocket(this.url);
    this.socket.addEventListener('open', () => {
      if (this.asked) this.socket.send(JSON.stringify({ resume: this.asked, after: this.seen }));
    });
    this.socket.addEventListener('message', ({ data }) => this.take(JSON.parse(String(data)) as ServerFrame));
  }

  ask(content: string): void {
    this.socket.send(JSON.stringify({ content }));
  }

  private take(frame: ServerFrame): void {
    if ('ack' in frame) this.asked = frame.ack;
    if (!('type' in frame)) return;
    if (frame.type === 'token') this.texts[frame.run_id] = (this.texts[frame.run_id] ?? '') + frame.text;
    if (frame.type === 'token' || frame.type === 'tool') this.seen[frame.run_id] = frame.seq;
    if (frame.type === 'reply') this.reply = frame.content;
  }
}
