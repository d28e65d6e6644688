import type { RunOutcome } from '@reflex/event-store';
import { eventually, freshDatabase } from '@reflex/test';
import { readSettings } from '../../apps/api/src/config';
import { startService } from '../../apps/api/src/service';
import { EXAMPLES } from '../../examples/catalogue';
import { ApiClient } from '../e2e/driver/api-client';

/** An event or a run as the service shows it. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of any shape
type Shown = any;

/** The real service with one example on a database of its own and the offline model, as somebody outside sees it. */
export interface ExampleBed {
  url: string;
  /** Publishes over HTTP and returns the id; events of one call are published one after the other. */
  send(...events: object[]): Promise<string[]>;
  /** The events of a type, oldest first, once there are so many. */
  events(type: string, count: number): Promise<Shown[]>;
  /** The runs of a trigger that ended so, oldest first, once there are so many. */
  runs(trigger: string, outcome: RunOutcome, count: number): Promise<Shown[]>;
  stop(): Promise<void>;
}

export async function startExampleBed(example: string): Promise<ExampleBed> {
  const database = await freshDatabase();
  const settings = readSettings({
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '5',
    API_PORT: '0',
    LOG_LEVEL: 'silent',
    DEFAULT_MODEL: 'offline:rules',
  });
  const domain = [{ module: EXAMPLES[example]! }];
  const service = await startService(settings, { domain }).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  const api = new ApiClient(service.url);

  const publish = async (event: object): Promise<string> => {
    const { status, body } = await api.post('/events', event);
    if (status !== 201) throw new Error(`POST /events answered ${status}: ${JSON.stringify(body)}`);
    return (body as { id: string }).id;
  };
  const soMany = (path: string, count: number): Promise<Shown[]> =>
    eventually(
      async () => {
        const items = await api.all<Shown>(path);
        expect(items).toHaveLength(count);
        return items;
      },
      { timeoutMs: 20_000 },
    );

  return {
    url: service.url,
    send: async (...events) => {
      const ids: string[] = [];
      for (const event of events) ids.push(await publish(event));
      return ids;
    },
    events: (type, count) => soMany(`/events?type=${type}&order=oldest`, count),
    runs: async (trigger, outcome, count) =>
      (await soMany(`/runs?trigger=${trigger}&outcome=${outcome}`, count)).toReversed(),
    stop: async () => {
      api.close();
      await service.stop();
      await database.drop();
    },
  };
}
