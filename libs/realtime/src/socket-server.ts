import type { IncomingMessage, Server } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WebSocketServer } from 'ws';
import { CLOSE, Connection } from './connection';
import { refusedOrigin } from './origin-policy';
import { RealtimeOptions } from './realtime-options';

export interface SocketRoute {
  /** The path itself and everything one segment below it, such as `/ws` and `/ws/alice`. */
  path: string;
  /** `segment` is what follows the path, if anything. */
  open(connection: Connection, segment: string | null): void;
}

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
  private readonly connections = new Set<Connection>();
  private pings: NodeJS.Timeout | undefined;
  private closing = false;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly options: RealtimeOptions,
  ) {
    this.sockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxFrameBytes,
      perMessageDeflate: false,
      clientTracking: false,
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
    server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    this.pings = setInterval(() => this.pingAll(), this.options.pingEveryMs).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    clearInterval(this.pings);
    await Promise.all([...this.connections].map((connection) => this.bowOut(connection)));
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
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
    this.sockets.handleUpgrade(request, socket, head, (client) => {
      const connection = new Connection(client, this.options);
      if (this.connections.size >= this.options.maxConnections) {
        return connection.close(CLOSE.tryAgainLater, 'Too many connections. Try again later.');
      }
      this.connections.add(connection);
      connection.onClose(() => this.connections.delete(connection));
      target.route.open(connection, target.segment);
    });
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
    for (const connection of this.connections) connection.ping();
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

function refuse(socket: Duplex, status: number, code: string, message: string): void {
  const body = JSON.stringify({ error: { code, message } });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
