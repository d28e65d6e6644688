import { once } from 'node:events';
import { eventually } from '@reflex/test';
import { WebSocket, type ClientOptions } from 'ws';

type Frame = Record<string, unknown>;

/** A WebSocket client that keeps all it hears. */
export interface SocketClient {
  socket: WebSocket;
  frames: Frame[];
  send(frame: unknown): void;
  /** The first frame, past or to come, that has the fields given. */
  frame(fields: Frame): Promise<Frame>;
  /** The code it is closed with. */
  closed: Promise<number>;
  close(): Promise<void>;
}

export async function openSocket(url: string, path: string, options: ClientOptions = {}): Promise<SocketClient> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, options);
  const frames: Frame[] = [];
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Frame));
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  await once(socket, 'open');
  return {
    socket,
    frames,
    closed,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    frame: (fields) =>
      eventually(() => {
        const found = frames.find((frame) => Object.entries(fields).every(([key, value]) => frame[key] === value));
        if (!found) throw new Error(`No frame with ${JSON.stringify(fields)} among ${JSON.stringify(frames)}`);
        return found;
      }),
    close: async () => {
      socket.close();
      await closed;
    },
  };
}

/** The status that an upgrade is refused with, before any handshake. */
export async function refusedUpgrade(url: string, path: string, options: ClientOptions = {}): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, options);
  socket.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => reject(new Error(`${path} was opened`)));
  });
}
