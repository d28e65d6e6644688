import { BaseEvent, EventType } from '@reflex/events';
import { freshDatabase } from '@reflex/test';
import type { Delivery } from '../../delivery';
import type { RunOutcome, Settlement } from '../../settlement';
import type { RegisteredTrigger, TriggerDefinition } from '../../trigger-definition';
import { openPostgresStore } from '../open-postgres-store';
import type { PostgresStoreOptions } from '../store-options';

@EventType('ticket.opened')
export class TicketOpened extends BaseEvent {
  number!: number;
  customer!: string;
}

export type OpenStore = Awaited<ReturnType<typeof openPostgresStore>>;

export function ticket(number = 1, customer = 'ann'): TicketOpened {
  return TicketOpened.of({ number, customer, source: 'test' });
}

export function trigger(name: string, definition: Partial<TriggerDefinition> = {}): TriggerDefinition {
  return {
    name,
    types: ['ticket.*'],
    scope: null,
    stateful: false,
    onRetry: 'block',
    priority: 0,
    concurrency: null,
    throttle: null,
    ...definition,
  };
}

export function settlement(
  delivery: Delivery,
  outcome: RunOutcome = 'completed',
  rest: Partial<Settlement> = {},
): Settlement {
  const error = outcome === 'failed' || outcome === 'dead_letter' ? { code: 'boom', message: 'boom' } : undefined;
  return { delivery, outcome, run: { startedAt: new Date(), durationMs: 1, error }, ...rest };
}

/** The numbers of the tickets in a claim, run by run. */
export function numbers(runs: Delivery[][]): number[][] {
  return runs.map((run) => run.map((delivery) => delivery.event!.payload['number'] as number));
}

/** One database for a spec file and any number of stores on it, each as if in a process of its own. */
export async function storesUnderTest() {
  const database = await freshDatabase();
  const open: OpenStore[] = [];
  return {
    url: database.url,
    async store(options: Partial<PostgresStoreOptions> = {}): Promise<OpenStore> {
      const store = await openPostgresStore({ url: database.url, poolSize: 4, ...options });
      open.push(store);
      return store;
    },
    /** Closes the stores and forgets all that they stored. */
    async reset(): Promise<void> {
      await Promise.all(open.splice(0).map((store) => store.close()));
      const store = await openPostgresStore({ url: database.url, poolSize: 1, notify: false });
      await store.dataSource.query(`
        truncate reflex.events, reflex.event_keys, reflex.triggers, reflex.workers, reflex.deliveries, reflex.lanes,
          reflex.contexts, reflex.context_events, reflex.runs, reflex.dead_letters, reflex.operations, reflex.operation_items, reflex.timers,
          reflex.effects, reflex.approvals, reflex.replays, reflex.wakes, reflex.pauses, reflex.secrets, reflex.budgets,
          reflex.budget_reservations,
          reflex.run_streams, reflex.run_frames, reflex.waits, reflex.wait_matches, reflex.wait_shapes`);
      await store.close();
    },
    async drop(): Promise<void> {
      await Promise.all(open.splice(0).map((store) => store.close()));
      await database.drop();
    },
  };
}

export type Stores = Awaited<ReturnType<typeof storesUnderTest>>;

export interface WorkerUnderTest {
  store: OpenStore;
  triggers: RegisteredTrigger[];
  claim(slots?: number): Promise<Delivery[][]>;
  /** The first delivery of a claim of one. */
  claimOne(): Promise<Delivery>;
}

/** A store that holds a lease and serves the given triggers. */
export async function worker(
  stores: Stores,
  definitions: TriggerDefinition[],
  options: Partial<PostgresStoreOptions> = {},
): Promise<WorkerUnderTest> {
  const store = await stores.store(options);
  const triggers = await store.registerTriggers(definitions);
  await store.openLease();
  const claim = async (slots = 100): Promise<Delivery[][]> =>
    (await store.claim(triggers.map(({ id }) => ({ triggerId: id, slots })))).runs;
  return {
    store,
    triggers,
    claim,
    async claimOne() {
      const delivery = (await claim(1))[0]?.[0];
      if (!delivery) throw new Error('Nothing was claimable.');
      return delivery;
    },
  };
}

export async function count(store: OpenStore, from: string): Promise<number> {
  const rows = await store.dataSource.query<{ count: number }[]>(`select count(*)::int as count from ${from}`);
  return rows[0]!.count;
}
