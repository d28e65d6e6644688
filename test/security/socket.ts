import { WebSocket } from 'ws';

export interface Socket {
  raw: WebSocket;
  frames: Record<string, unknown>[];
  send(frame: unknown): void;
  /** `open`, or the HTTP status that refused it before the handshake. */
  opened: Promise<'open' | number>;
  /** Code and reason, and how long after the start it was closed. */
  closed: Promise<{ code: number; reason: string; afterMs: number }>;
}

/** A WebSocket to `/ws`, with the key in the subprotocol if one is given. */
export function connect(
  url: string,
  options: { key?: string; path?: string; headers?: Record<string, string> } = {},
): Socket {
  const { key, path = '/ws', headers } = options;
  const protocols = key === undefined ? [] : ['reflex', `key.${key}`];
  const startedAt = performance.now();
  const raw = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, { headers });
  const frames: Record<string, unknown>[] = [];
  raw.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Record<string, unknown>));
  raw.on('error', () => undefined);
  return {
    raw,
    frames,
    send: (frame) => raw.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    opened: new Promise((resolve) => {
      raw.on('open', () => resolve('open'));
      raw.on('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
    }),
    closed: new Promise((resolve) => {
      raw.on('close', (code, reason) =>
        resolve({ code, reason: reason.toString(), afterMs: performance.now() - startedAt }),
      );
    }),
  };
}
