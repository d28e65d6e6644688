import { once } from 'node:events';
import { WebSocket } from 'ws';
import { payload } from '../sides/payload';

const CONNECTING_AT_ONCE = 100;
const FRAME = JSON.stringify({ content: JSON.stringify(payload(1, 1_000)) });

/** Frames per second: each client sends its next one when the one before is acknowledged. */
export async function socketLoad(
  url: string,
  clients: number,
  seconds: number,
): Promise<{ acks: number; perSecond: number }> {
  const sockets: WebSocket[] = [];
  try {
    for (let first = 0; first < clients; first += CONNECTING_AT_ONCE) {
      const some = Array.from({ length: Math.min(CONNECTING_AT_ONCE, clients - first) }, () => new WebSocket(url));
      sockets.push(...some);
      await Promise.all(some.map((socket) => once(socket, 'open')));
    }
    return await load(sockets, seconds);
  } finally {
    for (const socket of sockets) socket.terminate();
  }
}

function load(sockets: WebSocket[], seconds: number): Promise<{ acks: number; perSecond: number }> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    let acks = 0;
    let waiting = sockets.length;
    const take = (socket: WebSocket, text: string) => {
      const frame = JSON.parse(text) as { ack?: unknown };
      if (frame.ack === undefined) return reject(new Error(`A frame was answered with ${text}`));
      acks += 1;
      const tookMs = performance.now() - begin;
      if (tookMs < seconds * 1_000) return socket.send(FRAME);
      waiting -= 1;
      if (waiting === 0) resolve({ acks, perSecond: acks / (tookMs / 1_000) });
    };
    for (const socket of sockets) {
      socket.on('message', (text) => take(socket, (text as Buffer).toString('utf8')));
      socket.on('close', () => reject(new Error('The server closed a connection under load.')));
      socket.send(FRAME);
    }
  });
}
