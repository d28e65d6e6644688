import { globToLike } from '@reflex/core';
import type { Pool } from 'pg';
import { InvalidCursor } from '../errors';
import type { StoredEvent } from '../delivery';
import type { EventPage, EventSearch, EventWithDeliveries } from '../event-search';
import type { RunPage, RunRecord, RunSearch } from '../run-search';
import { reachable } from './outage';
import { DELIVERIES_OF_EVENT, FIND_EVENT, FIND_RUN, SEARCH_NEWEST, SEARCH_OLDEST, SEARCH_RUNS } from './queries';
import { toEvent, toRun, toSummary, type DeliveryRow, type EventRow, type RunRow } from './rows';

const PAGE = 500;

/** Reads the log and the history; changes nothing. */
export class EventReader {
  constructor(private readonly pool: Pool) {}

  async find(id: string): Promise<EventWithDeliveries | null> {
    const [row] = await this.rows<EventRow>(FIND_EVENT, [id]);
    if (!row) return null;
    const deliveries = await this.rows<DeliveryRow>(DELIVERIES_OF_EVENT, [row.seq, id]);
    return { ...toEvent(row), deliveries: deliveries.map(toSummary) };
  }

  async search(search: EventSearch): Promise<EventPage> {
    const limit = pageSize(search.limit);
    const rows = await this.page(search, search.cursor === undefined ? null : readCursor(search.cursor), limit + 1);
    return {
      items: rows.slice(0, limit).map(toEvent),
      nextCursor: rows.length > limit ? writeCursor(rows[limit - 1]!) : null,
    };
  }

  async *read(search: Omit<EventSearch, 'cursor' | 'limit'>): AsyncIterable<StoredEvent> {
    let after: [string, string] | null = null;
    for (;;) {
      const rows: EventRow[] = await this.page({ ...search, order: 'oldest' }, after, PAGE);
      for (const row of rows) yield toEvent(row);
      if (rows.length < PAGE) return;
      const last = rows.at(-1)!;
      after = [last.micros!, last.seq];
    }
  }

  async searchRuns(search: RunSearch): Promise<RunPage> {
    const limit = pageSize(search.limit);
    if (search.cursor !== undefined && !/^\d{1,18}$/.test(search.cursor)) throw new InvalidCursor();
    const { trigger = null, eventId = null, outcome = null, cursor = null } = search;
    const rows = await this.rows<RunRow>(SEARCH_RUNS, [trigger, eventId, outcome, cursor, limit + 1]);
    return {
      items: rows.slice(0, limit).map(toRun),
      nextCursor: rows.length > limit ? rows[limit - 1]!.id : null,
    };
  }

  async findRun(id: string): Promise<RunRecord | null> {
    if (!/^\d{1,18}$/.test(id)) return null;
    const [row] = await this.rows<RunRow>(FIND_RUN, [id]);
    return row ? toRun(row) : null;
  }

  private page(search: EventSearch, after: [string, string] | null, limit: number): Promise<EventRow[]> {
    return this.rows<EventRow>(search.order === 'oldest' ? SEARCH_OLDEST : SEARCH_NEWEST, [
      likes(search.types),
      likes(search.sources),
      search.from ?? null,
      search.to ?? null,
      search.correlationId ?? null,
      after?.[0] ?? null,
      after?.[1] ?? null,
      limit,
    ]);
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}

/** Rows of a page: 1 to 1,000, 100 if not said. */
export function pageSize(limit = 100): number {
  return Math.min(Math.max(Math.trunc(limit), 1), 1_000);
}

/** The place behind a row, in microseconds since 1970 and a tie breaker. */
export function writeCursor(row: { micros?: string; seq: string }): string {
  return Buffer.from(`${row.micros}.${row.seq}`).toString('base64url');
}

export function readCursor(cursor: string): [string, string] {
  const match = /^(\d{1,18})\.([\w-]{1,40})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match) throw new InvalidCursor();
  return [match[1]!, match[2]!];
}

export function likes(globs: string[] | undefined): string[] | null {
  return globs && globs.length > 0 ? globs.map(globToLike) : null;
}
