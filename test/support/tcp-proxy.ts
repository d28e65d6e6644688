import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface TcpProxy {
  port: number;
  /** `url` with this proxy in the place of its host and port. */
  through(url: string): string;
  /** Holds everything back until `resume()`; nothing is lost. */
  pause(): void;
  /**
   * Half-open: connections stay, new ones are accepted, but nothing ever arrives on either side. With a text, only for those
   * connections of now whose first bytes have it, such as a session's `application_name`.
   */
  blackhole(opening?: string): void;
  /** Back to forwarding for connections from now on, and for those that were only paused. */
  resume(): void;
  /** Ends all connections with a RST. */
  reset(): void;
  /** As if the server had ended: connections are reset, and new ones refused until `up()`. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Ends, from now on, all connections whose first bytes have this text. */
  drop(opening: string): void;
  /** Lets each chunk arrive so much later. */
  delay(ms: number): void;
  /** How many connections are open. */
  readonly connections: number;
  close(): Promise<void>;
}

type Mode = 'forward' | 'paused' | 'blackhole';

/** A TCP proxy on loopback that can do to a connection what bad networks do. */
export async function startProxy(targetPort: number, targetHost = '127.0.0.1'): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let mode: Mode = 'forward';
  let delayMs = 0;
  let dropped: string | undefined;
  const dropOne = (pair: Pair) => {
    if (dropped !== undefined && pair.opening.includes(dropped)) pair.reset();
  };
  const server = createServer((client) => {
    const pair = new Pair(client, mode === 'blackhole' ? undefined : connect(targetPort, targetHost), () => delayMs);
    pairs.add(pair);
    pair.onOpening = () => dropOne(pair);
    pair.setMode(mode);
    pair.onEnd = () => pairs.delete(pair);
  });
  const listen = (on: number) => new Promise<void>((resolve) => server.listen(on, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const hangUp = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    pairs.forEach((pair) => pair.reset());
    await closed;
  };

  const enter = (next: Mode) => {
    mode = next;
    pairs.forEach((pair) => pair.setMode(next));
  };
  return {
    port,
    through: (url) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href,
    pause: () => enter('paused'),
    blackhole: (opening) => {
      if (opening === undefined) return enter('blackhole');
      for (const pair of pairs) if (pair.opening.includes(opening)) pair.setMode('blackhole');
    },
    resume: () => enter('forward'),
    reset: () => pairs.forEach((pair) => pair.reset()),
    drop: (opening) => {
      dropped = opening;
      pairs.forEach(dropOne);
    },
    down: hangUp,
    up: () => listen(port),
    delay: (ms) => void (delayMs = ms),
    get connections() {
      return pairs.size;
    },
    close: hangUp,
  };
}

class Pair {
  onEnd: () => void = () => undefined;
  onOpening: () => void = () => undefined;
  /** What the client said first. */
  opening = '';
  private mode: Mode = 'forward';
  private readonly sockets: Socket[];

  constructor(
    client: Socket,
    target: Socket | undefined,
    private readonly delayMs: () => number,
  ) {
    this.sockets = target === undefined ? [client] : [client, target];
    if (target === undefined) client.on('data', () => undefined);
    else {
      client.once('data', (chunk: Buffer) => {
        this.opening = chunk.toString('latin1');
        this.onOpening();
      });
      this.forward(client, target);
      this.forward(target, client);
    }
    for (const socket of this.sockets) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => this.ended());
    }
  }

  setMode(next: Mode): void {
    // Bytes are missing from the stream of a connection that was in the black hole: it cannot come back.
    if (this.mode === 'blackhole') return;
    this.mode = next;
    for (const socket of this.sockets) {
      if (next === 'paused') socket.pause();
      else socket.resume();
    }
  }

  reset(): void {
    this.mode = 'forward';
    this.sockets.forEach((socket) => socket.resetAndDestroy());
  }

  private forward(from: Socket, to: Socket): void {
    let before: Promise<unknown> = Promise.resolve();
    from.on('data', (chunk) => {
      if (this.mode === 'blackhole') return;
      const ms = this.delayMs();
      const waited = ms === 0 ? undefined : delay(ms);
      before = before.then(() => waited).then(() => to.write(chunk));
    });
    from.on('end', () => {
      if (this.mode !== 'blackhole') void before.then(() => to.end());
    });
  }

  // One side is gone: so is the other, unless nobody is meant to notice.
  private ended(): void {
    if (this.mode !== 'blackhole') this.sockets.forEach((socket) => socket.destroy());
    if (this.sockets.every((socket) => socket.destroyed)) this.onEnd();
  }
}
