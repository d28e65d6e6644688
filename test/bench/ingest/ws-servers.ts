import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import { type WebSocket, WebSocketServer } from 'ws';
import { createEventsTable, INSERT } from './one-insert';
import { POOL_SIZE, type BenchServer } from './server';

/** Acknowledges each frame once it is inserted: what one writes first. */
export async function startWsInsert(databaseUrl: string): Promise<BenchServer> {
  const pool = new Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  await createEventsTable(pool);
  const insert = async (content: unknown) => {
    const { rows } = await pool.query<{ id: string }>({ ...INSERT, values: ['ws.message', 'ws', { content }] });
    return rows[0]!.id;
  };
  const { url, stop } = await listen((content, socket) => {
    void insert(content).then((id) => socket.send(JSON.stringify({ ack: id })));
  });
  return {
    url,
    stored: async () => (await pool.query<{ count: number }>('select count(*)::int from events')).rows[0]!.count,
    stop: async () => {
      await stop();
      await pool.end();
    },
  };
}

/** The most that frames and JSON alone let through. */
export async function startWsNoOp(): Promise<BenchServer> {
  let stored = 0;
  const { url, stop } = await listen((_content, socket) => {
    stored += 1;
    socket.send(JSON.stringify({ ack: randomUUID() }));
  });
  return { url, stored: () => Promise.resolve(stored), stop };
}

async function listen(
  take: (content: unknown, socket: WebSocket) => void,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => {
    socket.on('message', (text) => {
      const { content } = JSON.parse((text as Buffer).toString('utf8')) as { content: unknown };
      take(content, socket);
    });
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const stop = async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}
