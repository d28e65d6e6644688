import { openPostgresStore } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { TriggerRegistry, TriggerWorker } from '@reflex/triggers';
import { BenchEvent } from './bench-event';
import type { Payload } from './payload';
import { emptyReflexTables } from './reflex-tables';
import { POOL_SIZE, type Side, type SideSetup } from './side';

/** Handlers at once: they do nothing, so the number is how much one claim may bring. */
const CONCURRENCY = 500;

/** The store and the worker as the service runs them, without HTTP. */
export async function openReflex({
  databaseUrl,
  scoped = false,
  notify,
  triggers: count = 1,
}: SideSetup): Promise<Side> {
  const store = await openPostgresStore({ url: databaseUrl, poolSize: POOL_SIZE, app: 'bench', notify });
  const events = new EventRegistry().register([BenchEvent]);
  let handled: (payload: Payload) => void = () => undefined;
  const triggers = new TriggerRegistry(events);
  for (let number = 1; number <= count; number += 1) {
    triggers.add({
      name: `bench-${number}`,
      on: BenchEvent,
      scope: scoped ? 'account' : undefined,
      handle: (context) => handled(context.event),
    });
  }
  const makeWorker = () => new TriggerWorker({ store, events, triggers, options: { concurrency: CONCURRENCY } });
  await makeWorker().register();
  let worker: TriggerWorker | null = null;

  return {
    publish: async (payload) => void (await store.publish(BenchEvent.of(payload))),
    publishMany: async (payloads) => void (await store.publish(payloads.map((one) => BenchEvent.of(one)))),
    start: async (onHandled) => {
      handled = onHandled;
      worker = makeWorker();
      await worker.start();
    },
    stop: async () => {
      await worker?.stop();
      worker = null;
    },
    left: async () => {
      const { pending, processing, scheduled, deadLetters } = await store.stats();
      return pending + processing + scheduled + deadLetters;
    },
    empty: () => emptyReflexTables(store.dataSource),
    close: () => store.close(),
  };
}
