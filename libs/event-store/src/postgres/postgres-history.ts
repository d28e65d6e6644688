import { globToLike } from '@reflex/core';
import type { Pool } from 'pg';
import type { StoredContext } from '../delivery';
import { type Firing, History, type TakenEvent, type Taker } from '../history';
import type { HistoryRange } from '../operation';
import { likes } from './event-reader';
import { COUNT_TAKEN, FIRINGS, TAKEN_EVENTS } from './history-queries';
import { reachable } from './outage';
import { LOAD_CONTEXTS } from './queries';
import { toContext, toEvent, type ContextRow, type EventRow } from './rows';

const PAGE = 500;

interface FiringRow {
  event_id: string;
  type: string;
  source: string;
  received_at: Date;
  scope: string | null;
  is_tick: boolean;
  outcome: string;
  run_id: string;
}

export class PostgresHistory extends History {
  constructor(
    private readonly pool: Pool,
    private readonly contextEvents: number,
  ) {
    super();
  }

  async *taken(takers: readonly Taker[], range: HistoryRange): AsyncIterable<TakenEvent> {
    type Row = EventRow & { takers: TakenEvent['takers'] };
    let after: [string | null, string | null] = [null, null];
    for (;;) {
      const rows: Row[] = await this.rows<Row>(TAKEN_EVENTS, [...filterOf(takers, range), ...after, PAGE]);
      for (const row of rows) if (row.takers !== null) yield { event: toEvent(row), takers: row.takers };
      if (rows.length < PAGE) return;
      after = [rows.at(-1)!.micros!, rows.at(-1)!.seq];
    }
  }

  async count(takers: readonly Taker[], range: HistoryRange): Promise<number> {
    const [row] = await this.rows<{ count: number }>(COUNT_TAKEN, filterOf(takers, range));
    return row!.count;
  }

  async firings(trigger: string, { from, to, types }: HistoryRange): Promise<Firing[]> {
    const rows = await this.rows<FiringRow>(FIRINGS, [trigger, from, to, likes(types)]);
    return rows.map((row) => ({
      eventId: row.event_id,
      type: row.type,
      source: row.source,
      receivedAt: row.received_at,
      scope: row.scope,
      isTick: row.is_tick,
      outcome: row.outcome,
      runId: row.run_id,
    }));
  }

  async contexts(triggerId: number, scopes: readonly string[]): Promise<Map<string, StoredContext>> {
    const ids = scopes.map(() => triggerId);
    const rows = await this.rows<ContextRow>(LOAD_CONTEXTS, [ids, scopes, this.contextEvents]);
    return new Map(rows.map((row) => [row.scope, toContext(row)]));
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}

function filterOf(takers: readonly Taker[], { from, to, types }: HistoryRange): unknown[] {
  const wanted = takers.map(({ name, types: globs, scope, match }) => {
    return { name, patterns: globs.map(globToLike), scope, match: match ?? null };
  });
  return [from, to, likes(types), JSON.stringify(wanted)];
}
