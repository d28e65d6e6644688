import { TokenBucket } from '@reflex/core';
import { WebSocket, type RawData } from 'ws';
import type { FirstFrame } from './first-frame';
import type { RealtimeOptions } from './realtime-options';

// Frames being worked on per connection; beyond it the socket is not read, so TCP slows the client down. What one read of
// the socket brought in is still taken, which the token bucket bounds.
const MAX_IN_WORK = 64;
// Refused frames in a row after which a client does not listen to reason.
const MAX_REFUSED = 500;
const CLOSE_TIMEOUT_MS = 3_000;

/** Close codes of RFC 6455 that we use on purpose. */
export const CLOSE = { goingAway: 1001, policyViolation: 1008, tryAgainLater: 1013 } as const;

/** One client: limits what it may send, how much it may leave unread, and notices when it is gone. */
export class Connection {
  private readonly bucket: TokenBucket;
  private shared: TokenBucket | undefined;
  private gate: FirstFrame | undefined;
  private inWork = 0;
  private refused = 0;
  private alive = true;
  /** Its principal may read events, so it may see what tools read and did. */
  mayRead = false;
  private draining = false;
  private idle: (() => void)[] = [];

  constructor(
    private readonly socket: WebSocket,
    private readonly options: RealtimeOptions,
  ) {
    const perSecond = options.messagesPerSecond;
    this.bucket = new TokenBucket(perSecond * 2, perSecond / 1_000, performance.now());
    socket.on('pong', () => (this.alive = true));
    // Without a listener a broken frame would end the process; `ws` closes the socket itself.
    socket.on('error', () => undefined);
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** So much is unread that only what was asked for should be added. */
  get isFull(): boolean {
    return this.socket.bufferedAmount > this.options.maxBufferedBytes / 2;
  }

  onClose(listener: () => void): void {
    this.socket.on('close', listener);
  }

  /** Frames count for this bucket too, which other connections share. */
  share(bucket: TokenBucket | undefined): void {
    this.shared = bucket;
  }

  /** Call it before `onFrame`. */
  passFirst(gate: FirstFrame): void {
    this.gate = gate;
    this.onClose(() => gate.end());
  }

  /** Calls back with each text frame that keeps to the limits, and with those that do not. */
  onFrame(accept: (text: string) => Promise<void>, refuse: (reason: FrameRefusal) => void): void {
    this.socket.on('message', (data, isBinary) => {
      const now = performance.now();
      const waitMs = this.bucket.take(now) || (this.shared?.take(now) ?? 0);
      if (waitMs > 0) {
        this.refuse(() => refuse({ reason: 'too_fast', waitMs }));
      } else if (isBinary) {
        refuse({ reason: 'binary' });
      } else {
        this.refused = 0;
        this.work(this.gate ? this.gate.pass(text(data), accept) : accept(text(data)));
      }
    });
  }

  send(frame: object): void {
    if (!this.isOpen) return;
    const message = JSON.stringify(frame);
    if (this.socket.bufferedAmount + message.length > this.options.maxBufferedBytes) {
      this.closeAsSlow();
    } else {
      this.socket.send(message);
    }
  }

  /** Pings; drops a client that answered nothing since the ping before. */
  ping(): void {
    if (!this.alive) return this.socket.terminate();
    this.alive = false;
    if (this.isOpen) this.socket.ping();
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
    // A client that does not read does not see the close frame either.
    setTimeout(() => this.socket.terminate(), CLOSE_TIMEOUT_MS).unref();
  }

  closeAsSlow(): void {
    this.close(CLOSE.tryAgainLater, 'You read too slowly. Connect again and read faster.');
  }

  terminate(): void {
    this.socket.terminate();
  }

  /** Reads no more, and resolves when all that was read has been answered. */
  async drain(): Promise<void> {
    this.draining = true;
    this.socket.pause();
    if (this.inWork > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    // A paused socket would not see the client's half of the closing handshake.
    this.socket.removeAllListeners('message');
    this.socket.resume();
  }

  private refuse(answer: () => void): void {
    this.refused += 1;
    if (this.refused > MAX_REFUSED) {
      this.close(CLOSE.policyViolation, 'You keep sending faster than allowed. Slow down and connect again.');
    } else {
      answer();
    }
  }

  private work(done: Promise<void>): void {
    this.inWork += 1;
    if (this.inWork === MAX_IN_WORK) this.socket.pause();
    void done.finally(() => {
      this.inWork -= 1;
      if (this.inWork === MAX_IN_WORK - 1 && !this.draining) this.socket.resume();
      if (this.inWork === 0) for (const resolve of this.idle.splice(0)) resolve();
    });
  }
}

export type FrameRefusal = { reason: 'too_fast'; waitMs: number } | { reason: 'binary' };

function text(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data as ArrayBuffer).toString('utf8');
}
