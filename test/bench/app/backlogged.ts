import { setTimeout as delay } from 'node:timers/promises';
import { AUTH_ENTITIES, AUTH_MIGRATIONS } from '@reflex/auth';
import { openPostgresStore } from '@reflex/event-store';
import { HttpPayload } from '@reflex/events';
import type { BenchContext } from '../bench-context';
import { payload } from '../sides/payload';
import { AppProcess } from './app-process';

const TRIGGER = 'error-threshold';
const BATCH = 1_000;
const SAMPLE_EVERY_MS = 25;
const SCHEMA = { entities: AUTH_ENTITIES, migrations: AUTH_MIGRATIONS };

type Store = Awaited<ReturnType<typeof openPostgresStore>>;

/** The built service with much to do for the one trigger of the example that free JSON goes to. */
export class Backlogged {
  private number = 0;

  private constructor(
    private readonly app: AppProcess,
    private readonly store: Store,
  ) {}

  static async open(context: BenchContext): Promise<Backlogged> {
    const url = await context.freshDatabase();
    const app = context.own(await AppProcess.start({ DATABASE_URL: url, DEFAULT_MODEL: 'offline:rules' }));
    const store = context.own(await openPostgresStore({ url, app: 'bench', ...SCHEMA }));
    await app.post(`/triggers/${TRIGGER}/pause`);
    return new Backlogged(app, store);
  }

  /** No text of an error is in them, so that the filter of the trigger says no and no agent is asked. */
  async publish(events: number): Promise<void> {
    for (let done = 0; done < events; done += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, events - done) }, () => {
        const { number, account, note } = payload((this.number += 1), 1_000);
        return HttpPayload.of({ source: account, payload: { number, note } });
      });
      await this.store.publish(batch);
    }
  }

  /** The most memory, in MB, while the service works for so long on what waits. */
  async peakWhile(fill: () => Promise<void>, workingMs: number): Promise<number> {
    await fill();
    const before = await this.settled();
    await this.app.post(`/triggers/${TRIGGER}/resume`);
    let peak = 0;
    for (const begin = performance.now(); performance.now() - begin < workingMs; await delay(SAMPLE_EVERY_MS)) {
      peak = Math.max(peak, await this.app.residentMb());
    }
    await this.app.post(`/triggers/${TRIGGER}/pause`);
    if ((await this.settled()) === before) throw new Error('The service worked on nothing while its memory was read.');
    return peak;
  }

  /** What the log, the deliveries, the lanes and all their indexes take on disk. */
  async bytes(): Promise<number> {
    const [row] = await this.store.dataSource.query<{ bytes: string }[]>(`
      select sum(pg_total_relation_size(t.relid)) as bytes
        from pg_stat_user_tables t
       where t.schemaname = 'reflex' and t.relname ~ '^(events|deliveries|lanes)'`);
    return Number(row!.bytes);
  }

  private async settled(): Promise<number> {
    const [row] = await this.store.dataSource.query<{ runs: number }[]>(
      'select count(*)::int as runs from reflex.runs',
    );
    return row!.runs;
  }
}
