import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HttpReceiver, startHttpReceiver } from '@reflex/test';
import { TriggerWorker } from '@reflex/triggers';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { ApiClient } from '../e2e/driver/api-client';
import { DEMO_DOMAIN } from './demo-domain';

export interface DemoService {
  url: string;
  /** Where all that the service stores is kept until the end. */
  folder: string;
  api: ApiClient;
  webhookSecret: string;
  slack: HttpReceiver;
  tickets: HttpReceiver;
  /** When the handler of a trigger first started for an event, by `startKey`, in the milliseconds of `performance.now()`. */
  starts: ReadonlyMap<string, number>;
  /** How many deliveries have come to an end so far. */
  settled(): number;
  /** Ends what is still being sent, and everything that was started. */
  stop(): Promise<void>;
}

export const startKey = (trigger: string, eventId: string): string => `${trigger} ${eventId}`;

/** The real service on embedded defaults: a PostgreSQL of its own in a temporary folder, the offline model, a free port. */
export async function startDemoService(): Promise<DemoService> {
  const folder = await mkdtemp(join(tmpdir(), 'reflex-demo-'));
  const [slack, tickets] = await Promise.all([startHttpReceiver(), startHttpReceiver()]);
  // PostgreSQL, which does not run as root, must get to its data.
  await chmod(folder, 0o755);
  const close = async (service?: Service, api?: ApiClient): Promise<void> => {
    api?.close();
    await service?.stop();
    await Promise.all([slack.stop(), tickets.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // Slack is busy at first, and asks to come back: the attempt is put off without counting.
    slack.replies.push({ status: 429, headers: { 'retry-after': '0.3' } });
    tickets.replies.push(...Array.from({ length: 1_000 }, (_, nr) => ({ status: 201, body: { id: `INC-${nr + 1}` } })));
    const webhookSecret = randomBytes(24).toString('hex');
    const settings = readSettings({
      REFLEX_DATA_DIR: folder,
      API_PORT: '0',
      GITHUB_WEBHOOK_SECRET: webhookSecret,
      EVENT_RETRY_BASE_DELAY: '0.2',
      SLACK_WEBHOOK_URL: `${slack.url}/slack`,
      INCIDENTS_URL: `${tickets.url}/tickets`,
      EGRESS_PRIVATE_NETWORKS: '127.0.0.1',
      LOG_LEVEL: 'fatal',
    });
    const service = await startService(settings, { domain: DEMO_DOMAIN });
    const api = new ApiClient(service.url);
    const { starts, settled } = watch(service.app.get(TriggerWorker));
    return {
      url: service.url,
      folder,
      api,
      webhookSecret,
      slack,
      tickets,
      starts,
      settled,
      stop: () => close(service, api),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function watch(worker: TriggerWorker): { starts: Map<string, number>; settled: () => number } {
  const starts = new Map<string, number>();
  let settled = 0;
  worker.on('started', ({ trigger, event }) => {
    const key = startKey(trigger, event!.id);
    if (!starts.has(key)) starts.set(key, performance.now());
  });
  worker.on('settled', ({ outcome }) => {
    if (outcome !== 'failed' && outcome !== 'deferred') settled += 1;
  });
  return { starts, settled: () => settled };
}
