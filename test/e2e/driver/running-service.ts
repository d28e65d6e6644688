import type { DynamicModule } from '@nestjs/common';
import { EventStore } from '@reflex/event-store';
import { readSettings } from '../../../apps/api/src/config';
import { startService, type Service } from '../../../apps/api/src/service';
import { ApiClient } from './api-client';

export interface RunningService extends Service {
  api: ApiClient;
  store: EventStore;
}

/** The real service on a free port and on the given database. */
export async function runningService(
  databaseUrl: string,
  options: { domain?: DynamicModule[]; variables?: Record<string, string> } = {},
): Promise<RunningService> {
  const settings = readSettings({
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: '5',
    API_PORT: '0',
    LOG_LEVEL: 'silent',
    ...options.variables,
  });
  const service = await startService(settings, { domain: options.domain });
  const api = new ApiClient(service.url);
  const stop = async (): Promise<void> => {
    api.close();
    await service.stop();
  };
  return { ...service, api, store: service.app.get(EventStore), stop };
}
