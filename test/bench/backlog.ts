import { openPostgresStore } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { TriggerRegistry } from '@reflex/triggers';
import { BenchEvent } from './sides/bench-event';
import { payload } from './sides/payload';

const BATCH = 1_000;
const SLOTS = 64;

const HISTORY_BATCH = 100_000;
// $1 trigger, $2 how many
const HISTORY = `
  with stored as (
    insert into reflex.events (id, type, source, "timestamp", trace_id, correlation_id, payload)
    select n.id, 'bench.event', 'internal', now(), md5(n.id), n.id,
           jsonb_build_object('number', n.number, 'account', 'account-' || n.number % 1000, 'note', repeat(md5(n.id), 7))
      from (select uuidv7()::text as id, number from generate_series(1, $2::integer) number) n
    returning seq, id, trace_id
  )
  insert into reflex.runs (event_seq, event_id, trigger_id, attempt, outcome, started_at, duration_ms, trace_id)
  select s.seq, s.id, $1, 1, 'completed', now(), 1, s.trace_id from stored s`;

export interface BacklogOptions {
  databaseUrl: string;
  /** Deliveries that wait all the time. */
  waiting: number;
  /** Scopes that they fall into; `null` without scopes. */
  accounts: number | null;
}

/** A store with a long queue, for measuring what a single claim takes. */
export class Backlog {
  private number = 0;

  private constructor(
    private readonly store: Awaited<ReturnType<typeof openPostgresStore>>,
    private readonly triggerId: number,
    private readonly options: BacklogOptions,
  ) {}

  static async open(options: BacklogOptions): Promise<Backlog> {
    const store = await openPostgresStore({ url: options.databaseUrl, app: 'bench' });
    const triggers = new TriggerRegistry(new EventRegistry().register([BenchEvent])).add({
      name: 'bench',
      on: BenchEvent,
      scope: options.accounts === null ? undefined : 'account',
      handle: () => undefined,
    });
    const [trigger] = await store.registerTriggers(triggers.all().map(({ definition }) => definition));
    await store.openLease();
    const backlog = new Backlog(store, trigger!.id, options);
    for (let filled = 0; filled < options.waiting; filled += BATCH) {
      await backlog.publish(Math.min(BATCH, options.waiting - filled), options.accounts ?? 1_000);
    }
    return backlog;
  }

  /** Fills one more scope than there are, so that it alone is long. */
  async heat(events: number): Promise<void> {
    for (let filled = 0; filled < events; filled += BATCH) await this.publish(BATCH, 1);
  }

  /** The 99th percentiles of claims of 64 slots, and of publishing as many; what is claimed is settled in between. */
  async p99(claims: number): Promise<{ claim: number; publish: number }> {
    const claim: number[] = [];
    const publish: number[] = [];
    for (let index = 0; index < claims; index += 1) {
      const begin = performance.now();
      const { runs } = await this.store.claim([{ triggerId: this.triggerId, slots: SLOTS }]);
      claim.push(performance.now() - begin);
      const deliveries = runs.flat();
      if (deliveries.length === 0) throw new Error('Nothing could be claimed although much waits.');
      const run = { startedAt: new Date(), durationMs: 0 };
      await Promise.all(deliveries.map((delivery) => this.store.settle({ delivery, outcome: 'completed', run })));
      const settled = performance.now();
      await this.publish(deliveries.length, this.options.accounts ?? 1_000);
      publish.push(performance.now() - settled);
    }
    return { claim: p99(claim), publish: p99(publish) };
  }

  /** Events of today that are over, with their runs, in the tables that publishing writes to. */
  async addHistory(events: number): Promise<void> {
    let left = events;
    const add = async () => {
      while (left > 0) {
        const batch = Math.min(HISTORY_BATCH, left);
        left -= batch;
        await this.store.dataSource.query(HISTORY, [this.triggerId, batch]);
      }
    };
    await Promise.all([add(), add()]);
    await this.store.dataSource.query('vacuum analyze reflex.events, reflex.runs');
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private async publish(count: number, accounts: number): Promise<void> {
    const events = Array.from({ length: count }, () => BenchEvent.of(payload((this.number += 1), accounts)));
    await this.store.publish(events);
  }
}

function p99(took: number[]): number {
  return took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)]!;
}
