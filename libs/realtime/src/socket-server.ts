import type { IncomingMessage, Server } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { allows, NotAuthenticated, ScopeMissing } from '@reflex/auth';
import { ReflexError } from '@reflex/core';
import { WebSocketServer } from 'ws';
import { CLOSE, Connection } from './connection';
import { FirstFrame } from './first-frame';
import { refusedOrigin } from './origin-policy';
import { RealtimeOptions } from './realtime-options';
import { SocketAccess, type Admitted } from './socket-access';

export interface SocketRoute {
  /** The path itself and everything one segment below it, such as `/ws` and `/ws/alice`. */
  path: string;
  /** `segment` is what follows the path, if anything. */
  open(connection: Connection, segment: string | null): void;
}

const PROTOCOL = 'reflex';
const CLOSE_GRACE_MS = 2_000;
const SEGMENT = /^[\w.:@-]{1,128}$/;

/**
 * Upgrades HTTP requests to WebSockets by path prefix, on the port of the HTTP server. Nest's stock adapter knows exact
 * paths only. What has to be refused is refused before the handshake, except for overload, which browsers see only after.
 */
@Injectable()
export class SocketServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sockets: WebSocketServer;
  private readonly routes: SocketRoute[] = [];
  private readonly connections = new Map<Connection, Admitted | null>();
  private readonly unproven = new Map<string, number>();
  private pings: NodeJS.Timeout | undefined;
  private rechecks: NodeJS.Timeout | undefined;
  private closing = false;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly options: RealtimeOptions,
    private readonly access: SocketAccess,
  ) {
    this.sockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxFrameBytes,
      perMessageDeflate: false,
      clientTracking: false,
      // Never the one that holds the key.
      handleProtocols: (protocols) => (protocols.has(PROTOCOL) ? PROTOCOL : false),
    });
  }

  get size(): number {
    return this.connections.size;
  }

  route(route: SocketRoute): void {
    this.routes.push(route);
    this.routes.sort((one, other) => other.path.length - one.path.length);
  }

  onApplicationBootstrap(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('upgrade', (request, socket, head) => void this.upgrade(request, socket, head));
    this.pings = setInterval(() => this.pingAll(), this.options.pingEveryMs).unref();
    this.rechecks = setInterval(() => this.recheckAll(), this.options.recheckEveryMs).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    clearInterval(this.pings);
    clearInterval(this.rechecks);
    await Promise.all([...this.connections.keys()].map((connection) => this.bowOut(connection)));
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const refusedBecause = refusedOrigin(request.headers.host, request.headers.origin, this.options);
    if (refusedBecause !== null) return refuse(socket, 403, 'origin_refused', refusedBecause);
    if (this.closing) return refuse(socket, 503, 'shutting_down', 'The server is shutting down. Connect again.');

    const target = this.match(request.url ?? '/');
    if (target === 'unknown')
      return refuse(socket, 404, 'route_not_found', 'There is no WebSocket at this path. Use /ws.');
    if (target === 'malformed') {
      return refuse(socket, 400, 'invalid_client_id', 'A client id has 1 to 128 letters, digits or any of _ . : @ -');
    }
    let admitted: Admitted | null;
    try {
      admitted = await this.access.ofRequest(request.headers);
    } catch (error) {
      return refuseError(socket, error);
    }
    const address = request.socket.remoteAddress ?? '';
    this.sockets.handleUpgrade(request, socket, head, (client) => {
      const connection = new Connection(client, this.options);
      if (this.connections.size >= this.options.maxConnections) {
        return connection.close(CLOSE.tryAgainLater, 'Too many connections. Try again later.');
      }
      this.connections.set(connection, null);
      connection.onClose(() => this.connections.delete(connection));
      if (admitted === null ? this.askForKey(connection, address) : this.admit(connection, admitted)) {
        target.route.open(connection, target.segment);
      }
    });
  }

  private admit(connection: Connection, admitted: Admitted): boolean {
    const use = this.access.enter(admitted);
    if (use === null) {
      connection.close(CLOSE.tryAgainLater, 'This API key has too many connections. Close some.');
      return false;
    }
    this.connections.set(connection, admitted);
    connection.share(use.bucket);
    connection.mayRead = allows(admitted.principal.scopes, 'events:read');
    connection.onClose(use.leave);
    return true;
  }

  private askForKey(connection: Connection, address: string): boolean {
    const others = this.unproven.get(address) ?? 0;
    if (others >= this.options.maxUnprovenPerAddress) {
      connection.close(CLOSE.tryAgainLater, 'Too many connections without a key. Try again later.');
      return false;
    }
    this.unproven.set(address, others + 1);
    let counted = true;
    const proven = (): void => {
      if (counted) this.countDown(address);
      counted = false;
    };
    connection.onClose(proven);
    const prove = async (text: string): Promise<boolean> => {
      try {
        if (!this.admit(connection, await this.access.ofFrame(text))) return false;
        proven();
        connection.send({ auth: 'ok' });
        return true;
      } catch (error) {
        closeFor(connection, error);
        return false;
      }
    };
    const { keyWithinMs } = this.options;
    connection.passFirst(
      new FirstFrame(prove, keyWithinMs, () => {
        connection.close(CLOSE.policyViolation, `Send {"auth": "<API key>"} within ${keyWithinMs / 1_000} s.`);
      }),
    );
    return true;
  }

  private countDown(address: string): void {
    const left = this.unproven.get(address)! - 1;
    if (left === 0) this.unproven.delete(address);
    else this.unproven.set(address, left);
  }

  private recheckAll(): void {
    for (const [connection, admitted] of this.connections) {
      if (admitted !== null) void this.recheck(connection, admitted);
    }
  }

  private async recheck(connection: Connection, admitted: Admitted): Promise<void> {
    if (await this.access.isStillAdmitted(admitted)) return;
    connection.close(CLOSE.policyViolation, 'Your API key is no longer valid. Connect again with another one.');
  }

  private match(url: string): { route: SocketRoute; segment: string | null } | 'unknown' | 'malformed' {
    const path = url.split('?', 1)[0]!;
    for (const route of this.routes) {
      if (path === route.path || path === `${route.path}/`) return { route, segment: null };
      if (!path.startsWith(`${route.path}/`)) continue;
      const segment = decode(path.slice(route.path.length + 1));
      return segment !== null && SEGMENT.test(segment) ? { route, segment } : 'malformed';
    }
    return 'unknown';
  }

  private pingAll(): void {
    for (const connection of this.connections.keys()) connection.ping();
  }

  private async bowOut(connection: Connection): Promise<void> {
    const gone = new Promise<void>((resolve) => connection.onClose(resolve));
    const timer = setTimeout(() => connection.terminate(), CLOSE_GRACE_MS);
    await connection.drain();
    connection.close(CLOSE.goingAway, 'The server is shutting down. Connect again.');
    await gone;
    clearTimeout(timer);
  }
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function refuse(socket: Duplex, status: number, code: string, message: string, headers: string[] = []): void {
  const body = JSON.stringify({ error: { code, message } });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

function refuseError(socket: Duplex, error: unknown): void {
  if (!(error instanceof ReflexError))
    return refuse(socket, 500, 'internal_error', 'The server failed. Connect again.');
  const proof = error instanceof NotAuthenticated || error instanceof ScopeMissing ? error.headers : {};
  const headers = Object.entries(proof).map(([name, value]) => `${name}: ${value}`);
  refuse(socket, error.status, error.code, error.message, headers);
}

// The reason in a close frame has at most 123 bytes.
function closeFor(connection: Connection, error: unknown): void {
  const isRefusal = error instanceof ReflexError && error.status < 500;
  const reason = error instanceof ReflexError ? error.message : 'The server failed. Connect again.';
  connection.close(isRefusal ? CLOSE.policyViolation : CLOSE.tryAgainLater, reason.slice(0, 120));
}
