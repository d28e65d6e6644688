import { Logger, makeWorkerUtils, run, runMigrations, type Runner } from 'graphile-worker';
import { Pool } from 'pg';
import type { Payload } from './payload';
import { POOL_SIZE, type Side, type SideSetup } from './side';

const TASK = 'bench';
const logger = new Logger(() => (level, message) => {
  if (level === 'error') console.error(`graphile-worker: ${message}`);
});

const complain = (error: Error) => console.error(`graphile-worker: ${error.message}`);

/**
 * Batching as its performance page tells: a local queue, and completed jobs settled together. For latency the local queue
 * is off, since each job then starts with the notification.
 */
export async function openGraphileWorker({ databaseUrl, work }: SideSetup): Promise<Side> {
  await runMigrations({ connectionString: databaseUrl, logger });
  const publishers = new Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  // It warns when a pool it is given has none.
  publishers.on('error', complain);
  publishers.on('connect', (client) => client.on('error', complain));
  const utils = await makeWorkerUtils({ pgPool: publishers, logger });
  const sql = new Pool({ connectionString: databaseUrl, max: 1 });
  const batching =
    work === 'latency' ? {} : { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
  let runner: Runner | null = null;

  return {
    publish: async (payload) => void (await utils.addJob(TASK, payload)),
    publishMany: async (payloads) =>
      void (await utils.addJobs(payloads.map((payload) => ({ identifier: TASK, payload })))),
    start: async (onHandled) => {
      runner = await run({
        connectionString: databaseUrl,
        logger,
        noHandleSignals: true,
        taskList: { [TASK]: (payload) => onHandled(payload as Payload) },
        preset: { worker: { concurrentJobs: 24, maxPoolSize: 25, pollInterval: 2_000, ...batching } },
      });
    },
    stop: async () => {
      await runner?.stop();
      runner = null;
    },
    left: async () => {
      const { rows } = await sql.query<{ count: number }>('select count(*)::int from graphile_worker._private_jobs');
      return rows[0]!.count;
    },
    bytes: async () => {
      const { rows } = await sql.query<{ bytes: string }>(
        `select pg_total_relation_size('graphile_worker._private_jobs') as bytes`,
      );
      return Number(rows[0]!.bytes);
    },
    empty: async () => void (await sql.query('truncate graphile_worker._private_jobs')),
    close: async () => {
      await utils.release();
      await publishers.end();
      await sql.end();
    },
  };
}
