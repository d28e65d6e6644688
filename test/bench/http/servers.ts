import fastify from 'fastify';
import { EventsModule } from '@reflex/events';
import { Pool } from 'pg';
import { readSettings } from '../../../apps/api/src/config';
import { startService } from '../../../apps/api/src/service';
import { BenchEvent } from '../sides/bench-event';

export type HttpServerName = 'reflex' | 'one insert' | 'no-op';

/** A server that answers `POST /events`. */
export interface HttpServer {
  url: string;
  /** How many events it has stored. */
  stored(): Promise<number>;
  stop(): Promise<void>;
}

/** The same for all that have one. */
const POOL_SIZE = 10;
const PATH = '/events';

export const HTTP_SERVERS: Record<HttpServerName, (databaseUrl: string) => Promise<HttpServer>> = {
  reflex: startReflex,
  'one insert': startOneInsert,
  'no-op': startNoOp,
};

/** The real service in the role `api`: it validates, stores and answers; nobody works on what is stored. */
async function startReflex(databaseUrl: string): Promise<HttpServer> {
  const settings = readSettings({
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    API_PORT: '0',
    ROLE: 'api',
    LOG_LEVEL: 'warn',
    RATE_LIMIT_REQUESTS: '0',
    DEFAULT_MODEL: 'offline:rules',
  });
  const service = await startService(settings, { domain: [EventsModule.forFeature([BenchEvent])] });
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  return {
    url: service.url + PATH,
    stored: () => countIn(pool, 'reflex.events', `where type = 'bench.event'`),
    stop: async () => {
      await pool.end();
      await service.stop();
    },
  };
}

/** What one writes first: parse, insert, answer. */
async function startOneInsert(databaseUrl: string): Promise<HttpServer> {
  const pool = new Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  await pool.query(`
    create table events (
      id bigint generated always as identity primary key,
      type text not null,
      source text not null,
      received_at timestamptz not null default now(),
      payload jsonb not null
    )`);
  const server = fastify();
  server.post(PATH, async (request, reply) => {
    const { type, source, ...payload } = request.body as Record<string, unknown>;
    const { rows } = await pool.query<{ id: string }>({
      name: 'insert',
      text: 'insert into events (type, source, payload) values ($1, $2, $3) returning id',
      values: [type, source, payload],
    });
    return reply.code(201).send({ id: rows[0]!.id, status: 'published' });
  });
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: address + PATH,
    stored: () => countIn(pool, 'events', ''),
    stop: async () => {
      await server.close();
      await pool.end();
    },
  };
}

/** The most that HTTP and JSON alone let through. */
async function startNoOp(): Promise<HttpServer> {
  const server = fastify();
  let stored = 0;
  server.post(PATH, (_request, reply) => {
    stored += 1;
    return reply.code(201).send({ id: stored, status: 'published' });
  });
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url: address + PATH, stored: () => Promise.resolve(stored), stop: () => server.close() };
}

async function countIn(pool: Pool, table: string, where: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`select count(*)::int from ${table} ${where}`);
  return rows[0]!.count;
}
