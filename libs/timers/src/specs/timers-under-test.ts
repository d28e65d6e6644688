import { openPostgresStore, type StoredEvent } from '@reflex/event-store';
import { freshDatabase } from '@reflex/test';
import type { TimerDefinition } from '../rhythm';
import { TimerSweep } from '../timer-sweep';
import { TimerTable } from '../timer-table';

export type OpenStore = Awaited<ReturnType<typeof openPostgresStore>>;

export interface Replica {
  store: OpenStore;
  table: TimerTable;
  sweep: TimerSweep;
}

export function timer(name: string, definition: Partial<TimerDefinition> = {}): TimerDefinition {
  return { name, cron: null, everyMs: 3_600_000, tz: 'UTC', missed: 'once', ...definition };
}

/** One database, and any number of replicas on it, each with a store of its own as in a process of its own. */
export async function timersUnderTest() {
  const database = await freshDatabase();
  const open: OpenStore[] = [];
  return {
    async replica(): Promise<Replica> {
      const store = await openPostgresStore({ url: database.url, poolSize: 2 });
      open.push(store);
      const table = new TimerTable(store.dataSource);
      return { store, table, sweep: new TimerSweep(table) };
    },
    async drop(): Promise<void> {
      await Promise.all(open.map((store) => store.close()));
      await database.drop();
    },
  };
}

/** As if the timer had been due so long ago. */
export async function setBack({ store }: Replica, name: string, by: string): Promise<void> {
  await store.dataSource.query(
    `update reflex.timers set next_at = date_trunc('milliseconds', now()) - $2::interval where name = $1`,
    [name, by],
  );
}

/** The ticks of a timer in the log, oldest first. */
export async function ticksOf({ store }: Replica, name: string): Promise<StoredEvent[]> {
  const ticks: StoredEvent[] = [];
  for await (const event of store.read({ sources: [`timer:${name}`] })) ticks.push(event);
  return ticks;
}

export function scheduledAt(ticks: StoredEvent[]): number[] {
  return ticks.map(({ payload }) => Date.parse(payload['scheduled_at'] as string));
}
