import type { Pool } from 'pg';

/** One prepared statement per event, as one writes it first. */
export const INSERT = {
  name: 'insert',
  text: 'insert into events (type, source, payload) values ($1, $2, $3) returning id',
};

export async function createEventsTable(pool: Pool): Promise<void> {
  await pool.query(`
    create table events (
      id bigint generated always as identity primary key,
      type text not null,
      source text not null,
      received_at timestamptz not null default now(),
      payload jsonb not null
    )`);
}
