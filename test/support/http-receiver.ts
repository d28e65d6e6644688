import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}

export interface HttpReceiver {
  url: string;
  received: ReceivedRequest[];
  /** What it answers next, in order; after the last it answers `{ status: 200 }`. */
  replies: { status: number; body?: unknown; headers?: Record<string, string> }[];
  /** While true it takes requests and answers none. */
  silent: boolean;
  stop(): Promise<void>;
}

/** A server on a free port that keeps what it is sent. */
export async function startHttpReceiver(): Promise<HttpReceiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      receiver.received.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      });
      if (receiver.silent) return;
      const { status, body, headers } = receiver.replies.shift() ?? { status: 200 };
      response.writeHead(status, headers).end(body === undefined ? '' : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: HttpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    replies: [],
    silent: false,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
