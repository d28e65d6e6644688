import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { DEATHS, MODEL_TRIGGERS, type ModelDelivery, type Outcome } from './delivery-model';

export const LEASE_MS = 20_000;
export const WORKERS = 3;
/** No retry is due by itself while a test runs. */
const FAR_MS = 3_600_000;

export interface Row extends Omit<ModelDelivery, 'worker' | 'token'> {
  worker: number | null;
  token: number | null;
}

/** The store's functions as its TypeScript calls them, without the TypeScript: one connection, any worker. */
export class StoreFunctions {
  private ids: Record<string, number> = {};
  private workers: number[] = [];
  private moments = 0;

  private constructor(private readonly client: Client) {}

  static async open(url: string): Promise<StoreFunctions> {
    const client = new Client({ connectionString: url });
    await client.connect();
    return new StoreFunctions(client);
  }

  /** Forgets everything and begins with live workers. */
  async reset(): Promise<void> {
    for (const table of ['deliveries', 'lanes', 'dead_letters', 'runs', 'events', 'event_keys', 'workers']) {
      await this.rows(`delete from reflex.${table}`, []);
    }
    for (const { name, scoped, onRetry, concurrency } of MODEL_TRIGGERS) {
      const [row] = await this.rows<{ id: number }>(
        `insert into reflex.triggers (app, name, types, patterns, scope, stateful, on_retry, priority, concurrency)
         values ('model', $1, '{model.event}', '{model.event}', $2, false, $3, 0, $4)
         on conflict (name) do update set name = excluded.name returning id`,
        [name, scoped ? ['lane'] : null, onRetry, concurrency],
      );
      this.ids[name] = row!.id;
    }
    this.workers = [];
    for (let index = 0; index < WORKERS; index += 1) await this.bear(index);
  }

  /** Shares triggers and workers of another one. */
  like(other: StoreFunctions): this {
    this.ids = other.ids;
    this.workers = other.workers;
    return this;
  }

  async publish(scopes: string[]): Promise<{ seq: number; scope: string }[]> {
    const events = scopes.map((lane) => {
      const id = randomUUID();
      const payload = { lane };
      return { id, type: 'model.event', source: 'model', at: new Date(), trace: id, corr: id, depth: 0, payload };
    });
    await this.rows('select from reflex.publish($1::jsonb)', [JSON.stringify(events)]);
    const stored = await this.rows<{ id: string; seq: string }>(
      'select id, seq from reflex.events where id = any ($1)',
      [events.map(({ id }) => id)],
    );
    const seqs = new Map(stored.map(({ id, seq }) => [id, Number(seq)]));
    return events.map(({ id, payload }) => ({ seq: seqs.get(id)!, scope: payload.lane }));
  }

  async claim(worker: number, triggers: string[], slots: number, suspects: number, runLength: number): Promise<Row[]> {
    const rows = await this.rows<{ s: string; t: number; scope: string | null; a: number; k: string }>(
      `select event_seq as s, trigger_id as t, scope, attempt as a, lease_token as k
         from reflex.claim($1, $2, $3, $4, $5)`,
      [this.workers[worker], triggers.map((name) => this.ids[name]), triggers.map(() => slots), suspects, runLength],
    );
    return rows.map(({ s, t, scope, a, k }) => {
      const claimed = { status: 'processing' as const, attempts: a - 1, crashes: 0, worker, token: Number(k) };
      return { seq: Number(s), trigger: this.nameOf(t), scope, ...claimed };
    });
  }

  /** Answers which of the endings were stale. */
  async settle(endings: { delivery: ModelDelivery; outcome: Outcome }[], waitMs = FAR_MS): Promise<string[]> {
    const moreOf = (outcome: Outcome, scope: string | null) => ({
      er: outcome === 'failed' || outcome === 'dead_letter' ? { code: 'boom', message: 'boom' } : undefined,
      w: waitMs,
      pk: outcome === 'parked' ? { waits_for: `lane:${scope}`, deadline: true } : undefined,
      why: outcome === 'dead_letter' ? 'permanent' : undefined,
    });
    const [row] = await this.rows<{ stale: number[] | null }>(
      'select stale from reflex.settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, false, 100)',
      [
        endings.map(({ delivery }) => delivery.seq),
        endings.map(({ delivery }) => this.ids[delivery.trigger]),
        endings.map(({ delivery }) => delivery.token),
        endings.map(({ delivery }) => delivery.scope),
        endings.map(({ outcome }) => outcome),
        endings.map(({ delivery }) => delivery.attempts + 1),
        endings.map(({ delivery }) => `seq:${delivery.seq}`),
        endings.map(() => null),
        endings.map(() => Date.now()),
        endings.map(() => 1),
        endings.map(({ outcome, delivery }) => JSON.stringify(moreOf(outcome, delivery.scope))).join('\u001f'),
      ],
    );
    return (row!.stale ?? []).map((place) => {
      const { seq, trigger } = endings[place - 1]!.delivery;
      return `${seq}/${trigger}`;
    });
  }

  /** The process beats no more; another one, with another id, takes its place. Answers nothing: it is rescue that notices. */
  async die(worker: number): Promise<void> {
    await this.rows(`update reflex.workers set beat_at = now() - interval '1 hour' where id = $1`, [
      this.workers[worker],
    ]);
    await this.bear(worker);
  }

  async rescue(most: number): Promise<number> {
    const [row] = await this.rows<{ count: number }>('select reflex.rescue($1, $2, $3) as count', [
      LEASE_MS,
      most,
      DEATHS,
    ]);
    return row!.count;
  }

  /** Lets the time of these deliveries come, one after the other, and after all whose time came before. */
  async elapse(deliveries: Pick<ModelDelivery, 'seq' | 'trigger'>[]): Promise<void> {
    await this.rows(
      `update reflex.deliveries d set run_at = timestamptz '2025-01-01' + ($3 + w.place) * interval '1 second'
         from unnest($1::bigint[], $2::int[]) with ordinality as w(seq, trigger, place)
        where d.event_seq = w.seq and d.trigger_id = w.trigger and d.run_at is not null`,
      [deliveries.map(({ seq }) => seq), deliveries.map(({ trigger }) => this.ids[trigger]), this.moments],
    );
    this.moments += deliveries.length;
  }

  async promoteDue(most: number): Promise<number> {
    const [row] = await this.rows<{ promoted: number }>('select * from reflex.promote_due($1)', [most]);
    return row!.promoted;
  }

  async redrive(letters: { seq: number; trigger: string }[]): Promise<number> {
    const [row] = await this.rows<{ count: number }>(
      `select reflex.redrive(array(
         select l.id from reflex.dead_letters l, unnest($1::bigint[], $2::int[]) as w(seq, trigger)
          where l.event_seq = w.seq and l.trigger_id = w.trigger)) as count`,
      [letters.map(({ seq }) => seq), letters.map(({ trigger }) => this.ids[trigger])],
    );
    return row!.count;
  }

  async replay(done: { seq: number; trigger: string; scope: string | null }[]): Promise<number> {
    const batch = done.map(({ seq, trigger, scope }) => ({ seq, at: new Date(), trigger: this.ids[trigger], scope }));
    const [row] = await this.rows<{ count: number }>('select reflex.enqueue($1::jsonb) as count', [
      JSON.stringify(batch),
    ]);
    return row!.count;
  }

  async redriveSome(most: number): Promise<void> {
    await this.rows('select reflex.redrive(array(select id from reflex.dead_letters limit $1))', [most]);
  }

  /** The time of one context of each scope has come. */
  async wantTicks(scopes: string[]): Promise<void> {
    await this.rows(
      `insert into reflex.contexts (trigger_id, scope, scratch, filters, wake_at)
       select $1, s.scope, '{}', '{}', now() from unnest($2::text[]) as s(scope)
       on conflict (trigger_id, scope) do update set wake_at = now()`,
      [this.ids['block'], scopes],
    );
  }

  async wakeContexts(most: number): Promise<void> {
    await this.rows('select from reflex.wake_contexts($1)', [most]);
  }

  async deliveries(): Promise<Row[]> {
    const rows = await this.rows<Row & { t: number; w: string | null; k: string | null; s: string }>(
      `select event_seq as s, trigger_id as t, scope, status::text, attempts, crashes, worker_id as w, lease_token as k
         from reflex.deliveries order by 1, 2`,
      [],
    );
    return rows.map(({ s, t, w, k, scope, status, attempts, crashes }) => ({
      seq: Number(s),
      trigger: this.nameOf(t),
      scope,
      status,
      attempts,
      crashes,
      worker: w === null ? null : Number(w),
      token: k === null ? null : Number(k),
    }));
  }

  workerId(worker: number): number {
    return this.workers[worker]!;
  }

  async lanes(): Promise<{ trigger: string; scope: string; live: number }[]> {
    return this.rows(
      `select t.name as trigger, l.scope, l.live from reflex.lanes l join reflex.triggers t on t.id = l.trigger_id`,
      [],
    );
  }

  async deadLetters(): Promise<string[]> {
    const rows = await this.rows<{ key: string }>(
      `select l.event_seq || '/' || t.name as key from reflex.dead_letters l join reflex.triggers t on t.id = l.trigger_id`,
      [],
    );
    return rows.map(({ key }) => key);
  }

  async runs(): Promise<Record<string, number>> {
    const rows = await this.rows<{ outcome: string; count: number }>(
      `select outcome::text, count(*)::int as count from reflex.runs group by 1`,
      [],
    );
    return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
  }

  async rows<R>(text: string, values: unknown[]): Promise<R[]> {
    return (await this.client.query(text, values)).rows as R[];
  }

  close(): Promise<void> {
    return this.client.end();
  }

  private async bear(index: number): Promise<void> {
    const [row] = await this.rows<{ id: string }>(
      `insert into reflex.workers (app, host, pid, trigger_ids) values ('model', 'test', 0, '{}') returning id`,
      [],
    );
    this.workers[index] = Number(row!.id);
  }

  private nameOf(id: number): string {
    return Object.entries(this.ids).find(([, known]) => known === id)![0];
  }
}
