import { Pool } from 'pg';
import { PgBoss } from 'pg-boss';
import type { Payload } from './payload';
import { POOL_SIZE, type Side, type SideSetup } from './side';

const QUEUE = 'bench';

/**
 * Large batches, and on to the next at once while a batch was full; the queue has a table of its own. Notifications only for
 * latency: each `send` would notify, under a lock of the whole database.
 */
export async function openPgBoss({ databaseUrl, work }: SideSetup): Promise<Side> {
  const notify = work === 'latency';
  const boss = new PgBoss({ connectionString: databaseUrl, max: POOL_SIZE, schedule: false, useListenNotify: notify });
  boss.on('error', (error) => console.error(`pg-boss: ${error.message}`));
  await boss.start();
  await boss.createQueue(QUEUE, { partition: true, notify });
  const sql = new Pool({ connectionString: databaseUrl, max: 1 });

  return {
    publish: async (payload) => void (await boss.send(QUEUE, payload)),
    publishMany: async (payloads) =>
      void (await boss.insert(
        QUEUE,
        payloads.map((data) => ({ data })),
      )),
    start: async (onHandled) => {
      const options = {
        ...(work === 'drain' ? { batchSize: 1_000, localConcurrency: 4 } : { batchSize: 500, localConcurrency: 2 }),
        pollingIntervalSeconds: 0.5,
        burstWhenBatchFull: true,
      };
      await boss.work<Payload>(QUEUE, options, async (jobs) => {
        for (const { data } of jobs) onHandled(data);
      });
    },
    stop: () => boss.offWork(QUEUE, { wait: true }),
    left: async () => {
      const { rows } = await sql.query<{ count: number }>(
        `select count(*)::int from pgboss.job where name = $1 and state < 'completed'`,
        [QUEUE],
      );
      return rows[0]!.count;
    },
    empty: () => boss.deleteAllJobs(QUEUE),
    close: async () => {
      await boss.stop({ graceful: false });
      await sql.end();
    },
  };
}
