import type { Pool } from 'pg';
import {
  DeadLetters,
  type DeadLetter,
  type DeadLetterCluster,
  type DeadLetterFilter,
  type DeadLetterSearch,
} from '../dead-letters';
import { DeliveryLive, InvalidCursor } from '../errors';
import {
  CLUSTER_DEAD_LETTERS,
  COUNT_DEAD_LETTERS,
  DELETE_DEAD_LETTERS,
  EDIT_DEAD_LETTER,
  FIND_DEAD_LETTERS,
  LIST_DEAD_LETTERS,
  PURGE_DEAD_LETTERS,
  REDRIVE,
} from './dead-letter-queries';
import { pageSize, readCursor, writeCursor } from './event-reader';
import { toCluster, type ClusterRow } from './operation-rows';
import { reachable } from './outage';
import { toDeadLetter, type DeadLetterRow } from './rows';

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PAGE = 200;
const MOST_CLUSTERS = 100;

export class PostgresDeadLetters extends DeadLetters {
  constructor(
    private readonly pool: Pool,
    private readonly onWork: () => void,
  ) {
    super();
  }

  async list(search: DeadLetterSearch): Promise<{ count: number; items: DeadLetter[]; nextCursor: string | null }> {
    const { cursor, limit: asked, ...filter } = search;
    const limit = pageSize(asked);
    const after: After = cursor === undefined ? NOTHING : readCursor(cursor);
    if (after[1] !== null && !UUID.test(after[1])) throw new InvalidCursor();
    const [rows, [counted]] = await Promise.all([
      this.page(filter, after, limit + 1),
      this.rows<{ count: number }>(COUNT_DEAD_LETTERS, [filterJson(filter)]),
    ]);
    const last = rows[limit - 1];
    return {
      count: counted!.count,
      items: rows.slice(0, limit).map(toDeadLetter),
      nextCursor: rows.length > limit ? writeCursor({ micros: last!.micros, seq: last!.id }) : null,
    };
  }

  async clusters(filter: DeadLetterFilter): Promise<DeadLetterCluster[]> {
    return (await this.rows<ClusterRow>(CLUSTER_DEAD_LETTERS, [filterJson(filter), MOST_CLUSTERS])).map(toCluster);
  }

  async *read(filter: DeadLetterFilter): AsyncIterable<DeadLetter> {
    for (let after: After = NOTHING; ;) {
      const rows: DeadLetterRow[] = await this.page(filter, after, PAGE);
      for (const row of rows) yield toDeadLetter(row);
      if (rows.length < PAGE) return;
      after = [rows.at(-1)!.micros, rows.at(-1)!.id];
    }
  }

  async find(id: string): Promise<DeadLetter[]> {
    return (await this.rows<DeadLetterRow>(FIND_DEAD_LETTERS, [id, UUID.test(id) ? id : null])).map(toDeadLetter);
  }

  async edit(id: string, payload: Record<string, unknown>, by: string): Promise<DeadLetter | null> {
    if (!UUID.test(id)) return null;
    const [row] = await this.rows<DeadLetterRow>(EDIT_DEAD_LETTER, [id, JSON.stringify(payload), by]);
    return row ? toDeadLetter(row) : null;
  }

  async retry(id: string): Promise<number> {
    const letters = await this.find(id);
    if (letters.length === 0) return 0;
    const [row] = await this.rows<{ count: number }>(REDRIVE, [letters.map((letter) => letter.id)]);
    this.onWork();
    if (row!.count === 0) await this.assertNotHeldBack(letters);
    return row!.count;
  }

  async delete(id: string): Promise<number> {
    const letters = await this.find(id);
    return reachable(async () => {
      const { rowCount } = await this.pool.query(DELETE_DEAD_LETTERS, [letters.map((letter) => letter.id)]);
      return rowCount ?? 0;
    });
  }

  async purge(filter: DeadLetterFilter, expected: number): Promise<{ found: number; deleted: number }> {
    const [row] = await this.rows<{ found: number; deleted: number }>(PURGE_DEAD_LETTERS, [
      filterJson(filter),
      expected,
    ]);
    return row!;
  }

  private async assertNotHeldBack(letters: DeadLetter[]): Promise<void> {
    for (const { id, trigger } of letters) {
      const [left] = await this.find(id);
      if (left?.history.some(({ outcome }) => outcome === 'edited')) throw new DeliveryLive(trigger);
    }
  }

  private page(filter: DeadLetterFilter, after: After, limit: number): Promise<DeadLetterRow[]> {
    return this.rows<DeadLetterRow>(LIST_DEAD_LETTERS, [filterJson(filter), ...after, limit]);
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}

/** The last row of the page before: its time in microseconds, and its id. */
type After = [string, string] | [null, null];

const NOTHING: After = [null, null];

/** As `reflex.find_letters` reads it. */
export function filterJson({ trigger, type, reason, cluster, from, to, text }: DeadLetterFilter): string {
  return JSON.stringify({ trigger, type, reason, cluster, from, to, text });
}
