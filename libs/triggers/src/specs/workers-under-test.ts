import { once } from 'node:events';
import { durationMs } from '@reflex/core';
import { openPostgresStore, type PostgresStoreOptions, type RunRecord, type RunSearch } from '@reflex/event-store';
import { BaseEvent, EventRegistry, EventType } from '@reflex/events';
import { freshDatabase } from '@reflex/test';
import { Allow } from 'class-validator';
import { TRIGGER_DEFAULTS, type TriggerDefaults } from '../trigger';
import type { EventPattern } from '../trigger-options';
import { type TriggerInCode, TriggerRegistry } from '../trigger-registry';
import { TriggerWorker } from '../worker/trigger-worker';
import type { WorkerOptions } from '../worker/worker-options';

@EventType('step.done')
export class Step extends BaseEvent {
  @Allow()
  n!: number;

  @Allow()
  lane!: string;
}

@EventType('step.followed')
export class Followed extends BaseEvent {
  @Allow()
  n!: number;
}

export function step(n: number, lane = 'a'): Step {
  return Step.of({ n, lane, source: `lane:${lane}` });
}

export type OpenStore = Awaited<ReturnType<typeof openPostgresStore>>;

export interface WorkerSetting {
  options?: Partial<WorkerOptions>;
  defaults?: Partial<TriggerDefaults>;
  store?: Partial<PostgresStoreOptions>;
}

type AnyTrigger = TriggerInCode<EventPattern>;

/** So that retries come soon. */
const QUICK: Partial<TriggerDefaults> = { baseMs: 20, maxMs: 60 };

/** A trigger on steps. */
export function onStep(definition: Omit<TriggerInCode<typeof Step>, 'on'>): AnyTrigger {
  return { ...definition, on: Step } as unknown as AnyTrigger;
}

/** One database for a spec file, and any number of workers on it, each with a store of its own as in a process of its own. */
export async function workersUnderTest() {
  const database = await freshDatabase();
  const closing: (() => Promise<void>)[] = [];
  const events = new EventRegistry().register([Step, Followed]);

  async function openStore(options: Partial<PostgresStoreOptions> = {}): Promise<OpenStore> {
    const store = await openPostgresStore({ url: database.url, poolSize: 4, ...options });
    closing.unshift(() => store.close());
    return store;
  }

  return {
    url: database.url,
    events,
    openStore,

    /** Not started yet. */
    async worker(
      triggers: AnyTrigger[],
      setting: WorkerSetting = {},
    ): Promise<{ worker: TriggerWorker; store: OpenStore }> {
      const store = await openStore(setting.store);
      const registry = new TriggerRegistry(events, { ...TRIGGER_DEFAULTS, ...QUICK, ...setting.defaults });
      for (const trigger of triggers) registry.add(trigger);
      const worker = new TriggerWorker({
        store,
        events,
        triggers: registry,
        options: { graceMs: 100, ...setting.options },
      });
      closing.unshift(() => worker.stop());
      return { worker, store };
    },

    async started(
      triggers: AnyTrigger[],
      setting: WorkerSetting = {},
    ): Promise<{ worker: TriggerWorker; store: OpenStore }> {
      const made = await this.worker(triggers, setting);
      await made.worker.start();
      return made;
    },

    /** Stops all workers and forgets all that was stored. */
    async reset(): Promise<void> {
      for (const close of closing.splice(0)) await close();
      const store = await openPostgresStore({ url: database.url, poolSize: 1, notify: false });
      await store.dataSource.query(`
        truncate reflex.events, reflex.event_keys, reflex.triggers, reflex.workers, reflex.deliveries, reflex.lanes,
          reflex.contexts, reflex.context_events, reflex.runs, reflex.dead_letters, reflex.wakes,
          reflex.effects, reflex.replays, reflex.waits, reflex.wait_matches, reflex.wait_shapes`);
      await store.close();
    },

    async drop(): Promise<void> {
      for (const close of closing.splice(0)) await close();
      await database.drop();
    },
  };
}

export type Workers = Awaited<ReturnType<typeof workersUnderTest>>;

/** The history, oldest first. */
export async function runs(store: OpenStore, search: RunSearch = {}): Promise<RunRecord[]> {
  const { items } = await store.searchRuns({ limit: 1_000, ...search });
  return items.toReversed();
}

/** A promise and how to fulfil it: a handler waits on it until the test lets it go. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Work that takes its time, and stops when it is told to. */
export function takes(duration: number | string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, durationMs(duration));
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

export async function idle(worker: TriggerWorker): Promise<void> {
  await once(worker, 'idle');
}
