import { Client } from 'pg';

/** What handlers leave behind, in tables that the store knows nothing of. */
const TABLES = `
  create schema oracle;
  -- An attempt began; written at once, whatever becomes of it.
  create table oracle.starts (
    id bigint generated always as identity primary key, at timestamptz not null default clock_timestamp(),
    event_id text not null, trigger text not null, scope text, n int not null, attempt int not null, pid int not null);
  -- The handler of that attempt returned, threw or heard its signal.
  create table oracle.ends (start_id bigint not null, at timestamptz not null default clock_timestamp(), how text not null);
  -- The effect of a handler: in the transaction that settles the attempt.
  create table oracle.effects (
    at timestamptz not null default clock_timestamp(), event_id text not null, trigger text not null, scope text,
    n int not null, start_id bigint not null);
  create index on oracle.effects (event_id);
  -- A process ended; its attempts ended with it.
  create table oracle.deaths (pid int not null, at timestamptz not null default clock_timestamp());`;

export interface Verdict {
  /** Published, and no effect. */
  lost: number;
  /** Effects beyond the first of an event for a trigger. */
  repeated: number;
  /** Effects that came after one of a later event of their scope. */
  disorder: number;
  /** Attempts of one scope that ran at the same time. */
  overlap: number;
}

/** Judges what happened by what the handlers left behind. */
export class Oracle {
  private constructor(
    private readonly url: string,
    private client: Client,
  ) {}

  static async on(url: string): Promise<Oracle> {
    return new Oracle(url, await connected(url));
  }

  /** After the server was away. */
  async reconnect(): Promise<void> {
    this.client = await connected(this.url);
  }

  async createTables(): Promise<void> {
    await this.client.query(TABLES);
  }

  /** Says when a process ended. */
  async died(pid: number): Promise<void> {
    await this.client.query('insert into oracle.deaths (pid) values ($1)', [pid]);
  }

  async effects(): Promise<number> {
    return (await this.one<{ count: number }>('select count(*)::int as count from oracle.effects')).count;
  }

  /** On what was published for so many triggers each. */
  async judge(published: string[], triggers = 1): Promise<Verdict> {
    const { done, all } = await this.one<{ done: number; all: number }>(
      `select count(distinct (event_id, trigger))::int as done, count(*)::int as all
         from oracle.effects where event_id = any ($1)`,
      [published],
    );
    const { disorder } = await this.one<{ disorder: number }>(
      `select count(*)::int as disorder
         from (select n, max(n) over (partition by trigger, scope order by start_id rows between unbounded preceding
                                                                              and 1 preceding) as before
                 from oracle.effects where scope is not null) e
        where before > n`,
    );
    const { overlap } = await this.one<{ overlap: number }>(
      `with attempts as (
         select s.trigger, s.scope, s.at as began,
                coalesce(e.at, (select min(d.at) from oracle.deaths d where d.pid = s.pid and d.at >= s.at), 'infinity')
                  as ended
           from oracle.starts s left join oracle.ends e on e.start_id = s.id where s.scope is not null)
       select count(*)::int as overlap
         from (select began, max(ended) over (partition by trigger, scope order by began rows between unbounded preceding
                                                                               and 1 preceding) as before
                 from attempts) a
        where before > began`,
    );
    return { lost: published.length * triggers - done, repeated: all - done, disorder, overlap };
  }

  async one<Row>(text: string, values: unknown[] = []): Promise<Row> {
    return (await this.client.query(text, values)).rows[0] as Row;
  }

  async rows<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query(text, values)).rows as Row[];
  }

  close(): Promise<void> {
    return this.client.end();
  }
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** What must hold after every crash. */
export const FLAWLESS: Verdict = { lost: 0, repeated: 0, disorder: 0, overlap: 0 };
