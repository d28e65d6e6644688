import type { JsonObject } from '@reflex/core';
import type { Pool } from 'pg';
import type { Backlog, BacklogBounds, WaitingTrigger } from '../backlog';
import { BACKLOG, WAITING_SOURCES } from './backlog-queries';
import { reachable } from './outage';

/** Of more deliveries than this, a sample of about as many tells whose they are. */
const SAMPLE = 5_000;

interface TriggerRow {
  name: string;
  types: string[];
  match: JsonObject | null;
  bound: number | null;
  waiting: string;
}

export async function readBacklog(pool: Pool, { perTrigger, perSource }: BacklogBounds): Promise<Backlog> {
  const { rows } = await reachable(() => pool.query<TriggerRow>(BACKLOG, [perTrigger, perSource]));
  const triggers = rows.map((row): WaitingTrigger => ({ ...row, waiting: Number(row.waiting) }));
  const waiting = triggers.reduce((sum, trigger) => sum + trigger.waiting, 0);
  // While fewer wait than one source may have, no source has too many.
  const fullSources = perSource > 0 && waiting >= perSource ? await readFullSources(pool, waiting, perSource) : [];
  return { triggers, fullSources };
}

async function readFullSources(pool: Pool, waiting: number, perSource: number): Promise<string[]> {
  const percent = Math.min(100, (100 * SAMPLE) / waiting);
  const { rows } = await reachable(() => pool.query<{ source: string; waiting: number }>(WAITING_SOURCES, [percent]));
  return rows.filter((row) => row.waiting >= perSource).map(({ source }) => source);
}
