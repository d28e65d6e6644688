import { EventsModule } from '@reflex/events';
import { Pool } from 'pg';
import { readSettings } from '../../../apps/api/src/config';
import { type Service, startService } from '../../../apps/api/src/service';
import { BenchEvent } from '../sides/bench-event';
import { POOL_SIZE, type BenchServer } from './server';

/** The real service in the role `api`: it validates, stores and answers; nobody works on what is stored. */
export async function startReflexHttp(databaseUrl: string): Promise<BenchServer> {
  return serving(databaseUrl, (service) => `${service.url}/events`);
}

/** Its WebSocket. */
export async function startReflexWs(databaseUrl: string): Promise<BenchServer> {
  return serving(databaseUrl, (service) => `${service.url.replace('http', 'ws')}/ws`);
}

async function serving(databaseUrl: string, urlOf: (service: Service) => string): Promise<BenchServer> {
  const settings = readSettings({
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    API_PORT: '0',
    ROLE: 'api',
    LOG_LEVEL: 'warn',
    // No one client may send as much as a benchmark does; the checks are made all the same.
    RATE_LIMIT_REQUESTS: '100000000',
    WS_RATE_LIMIT: '100000',
    DEFAULT_MODEL: 'offline:rules',
  });
  const service = await startService(settings, { domain: [EventsModule.forFeature([BenchEvent])] });
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  return {
    url: urlOf(service),
    stored: async () => {
      const types = ['bench.event', 'ws.message'];
      const count = 'select count(*)::int from reflex.events where type = any ($1)';
      return (await pool.query<{ count: number }>(count, [types])).rows[0]!.count;
    },
    stop: async () => {
      await pool.end();
      await service.stop();
    },
  };
}
