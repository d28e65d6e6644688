import type { Pool } from 'pg';
import { DeadLetters, type DeadLetter, type DeadLetterSearch } from '../dead-letters';
import { InvalidCursor } from '../errors';
import { pageSize, readCursor, writeCursor } from './event-reader';
import { reachable } from './outage';
import { COUNT_DEAD_LETTERS, DELETE_DEAD_LETTERS, FIND_DEAD_LETTERS, LIST_DEAD_LETTERS, REDRIVE } from './queries';
import { toDeadLetter, type DeadLetterRow } from './rows';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class PostgresDeadLetters extends DeadLetters {
  constructor(
    private readonly pool: Pool,
    private readonly onWork: () => void,
  ) {
    super();
  }

  async list(search: DeadLetterSearch): Promise<{ count: number; items: DeadLetter[]; nextCursor: string | null }> {
    const { trigger = null, type = null, cursor } = search;
    const limit = pageSize(search.limit);
    const [micros, id] = cursor === undefined ? [null, null] : readCursor(cursor);
    if (id !== null && !UUID.test(id)) throw new InvalidCursor();
    const [rows, [counted]] = await Promise.all([
      this.rows<DeadLetterRow>(LIST_DEAD_LETTERS, [trigger, type, micros, id, limit + 1]),
      this.rows<{ count: number }>(COUNT_DEAD_LETTERS, [trigger, type]),
    ]);
    const last = rows[limit - 1];
    return {
      count: counted!.count,
      items: rows.slice(0, limit).map(toDeadLetter),
      nextCursor: rows.length > limit ? writeCursor({ micros: last!.micros, seq: last!.id }) : null,
    };
  }

  async find(id: string): Promise<DeadLetter[]> {
    return (await this.rows<DeadLetterRow>(FIND_DEAD_LETTERS, [id])).map(toDeadLetter);
  }

  async retry(id: string): Promise<number> {
    const letters = await this.find(id);
    if (letters.length === 0) return 0;
    const [row] = await this.rows<{ count: number }>(REDRIVE, [letters.map((letter) => letter.id)]);
    this.onWork();
    return row!.count;
  }

  async delete(id: string): Promise<number> {
    const letters = await this.find(id);
    return reachable(async () => {
      const { rowCount } = await this.pool.query(DELETE_DEAD_LETTERS, [letters.map((letter) => letter.id)]);
      return rowCount ?? 0;
    });
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}
