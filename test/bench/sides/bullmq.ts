import { createNodeRedisClient, Queue, Worker } from 'bullmq';
import { createClient } from 'redis';
import type { Payload } from './payload';
import type { Side, SideSetup } from './side';

const NAME = 'bench';
/** Its guide advises 100 to 300 for jobs that wait for others; 30, 64 and 500 were not faster. */
const CONCURRENCY = 200;

/** One connection to add, which pipelines what is added at once, and one to work; finished jobs are removed, which is its fastest way. */
export async function openBullMq({ redisUrl }: SideSetup): Promise<Side> {
  const connect = async () => createNodeRedisClient(createClient({ url: redisUrl! }));
  const queue = new Queue<Payload>(NAME, {
    connection: await connect(),
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  let handled: (payload: Payload) => void = () => undefined;
  const worker = new Worker<Payload>(NAME, async ({ data }) => handled(data), {
    connection: await connect(),
    concurrency: CONCURRENCY,
    autorun: false,
  });
  worker.on('error', (error) => console.error(`BullMQ: ${error.message}`));
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  let running = false;

  return {
    publish: async (payload) => void (await queue.add(NAME, payload)),
    publishMany: async (payloads) => void (await queue.addBulk(payloads.map((data) => ({ name: NAME, data })))),
    start: async (onHandled) => {
      handled = onHandled;
      if (running) return worker.resume();
      running = true;
      void worker.run();
    },
    stop: () => worker.pause(),
    left: async () => {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized');
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    empty: () => queue.drain(),
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
}
