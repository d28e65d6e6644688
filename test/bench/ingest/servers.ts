import fastify from 'fastify';
import { Pool } from 'pg';
import { createEventsTable, INSERT } from './one-insert';
import { startReflexHttp, startReflexWs } from './reflex-service';
import { POOL_SIZE, type BenchServer } from './server';
import { startWsInsert, startWsNoOp } from './ws-servers';

export type ServerName = 'reflex' | 'one insert' | 'no-op' | 'reflex ws' | 'ws one insert' | 'ws no-op';

const PATH = '/events';

export const SERVERS: Record<ServerName, (databaseUrl: string) => Promise<BenchServer>> = {
  reflex: startReflexHttp,
  'one insert': startOneInsert,
  'no-op': startNoOp,
  'reflex ws': startReflexWs,
  'ws one insert': startWsInsert,
  'ws no-op': startWsNoOp,
};

/** What one writes first: parse, insert, answer. */
async function startOneInsert(databaseUrl: string): Promise<BenchServer> {
  const pool = new Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  await createEventsTable(pool);
  const server = fastify();
  server.post(PATH, async (request, reply) => {
    const { type, source, ...payload } = request.body as Record<string, unknown>;
    const { rows } = await pool.query<{ id: string }>({ ...INSERT, values: [type, source, payload] });
    return reply.code(201).send({ id: rows[0]!.id, status: 'published' });
  });
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: address + PATH,
    stored: async () => (await pool.query<{ count: number }>('select count(*)::int from events')).rows[0]!.count,
    stop: async () => {
      await server.close();
      await pool.end();
    },
  };
}

/** The most that HTTP and JSON alone let through. */
async function startNoOp(): Promise<BenchServer> {
  const server = fastify();
  let stored = 0;
  server.post(PATH, (_request, reply) => {
    stored += 1;
    return reply.code(201).send({ id: stored, status: 'published' });
  });
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url: address + PATH, stored: () => Promise.resolve(stored), stop: () => server.close() };
}
