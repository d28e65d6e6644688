import type { Pool } from 'pg';
import {
  DeadLetters,
  type DeadLetter,
  type DeadLetterCluster,
  type DeadLetterFilter,
  type DeadLetterSearch,
} from '../dead-letters';
import { InvalidCursor } from '../errors';
import type { Operation, RetryRequest } from '../operation';
import {
  ABANDONED_RETRIES,
  BEGIN_RETRY,
  CLUSTER_DEAD_LETTERS,
  COUNT_DEAD_LETTERS,
  DELETE_DEAD_LETTERS,
  EDIT_DEAD_LETTER,
  FIND_DEAD_LETTERS,
  FIND_OPERATION,
  LIST_DEAD_LETTERS,
  LIST_OPERATIONS,
  NOTE_ENDINGS,
  PURGE_DEAD_LETTERS,
  REDRIVE,
  RETRY_STEP,
  STOP_OPERATION,
} from './dead-letter-queries';
import { pageSize, readCursor, writeCursor } from './event-reader';
import { toCluster, toOperation, type ClusterRow, type OperationRow, type RetryRequestJson } from './operation-rows';
import { reachable } from './outage';
import { toDeadLetter, type DeadLetterRow } from './rows';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PAGE = 200;
const MOST_CLUSTERS = 100;
const ABANDONED_MS = 3_000;

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

  async beginRetry({ filter, limit, rate, stopOnFailure }: RetryRequest, actor: string): Promise<Operation> {
    const request: RetryRequestJson = {
      filter: JSON.parse(filterJson(filter)) as RetryRequestJson['filter'],
      limit,
      rate,
      stop_on_failure: stopOnFailure,
    };
    const [row] = await this.rows<{ id: string }>(BEGIN_RETRY, [actor, JSON.stringify(request)]);
    return (await this.operation(row!.id))!;
  }

  async advance(operationId: string): Promise<{ nextInMs: number | null }> {
    type Step = { state: string | null; next_in_ms: number; given_back: number };
    const [step] = await this.rows<Step>(RETRY_STEP, [operationId]);
    if (step!.given_back > 0) this.onWork();
    return { nextInMs: step!.state === 'running' ? step!.next_in_ms : null };
  }

  async abandonedRetries(): Promise<string[]> {
    return (await this.rows<{ id: string }>(ABANDONED_RETRIES, [ABANDONED_MS])).map(({ id }) => id);
  }

  async operations(): Promise<Operation[]> {
    return (await this.rows<OperationRow>(LIST_OPERATIONS, [])).map(toOperation);
  }

  async operation(id: string): Promise<Operation | null> {
    if (!UUID.test(id)) return null;
    await this.rows(NOTE_ENDINGS, [id]);
    const [row] = await this.rows<OperationRow>(FIND_OPERATION, [id]);
    return row ? toOperation(row) : null;
  }

  async stop(operationId: string, by: string): Promise<Operation | null> {
    if (UUID.test(operationId)) await this.rows(STOP_OPERATION, [operationId, by]);
    return this.operation(operationId);
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

function filterJson({ trigger, type, reason, cluster, from, to, text }: DeadLetterFilter): string {
  return JSON.stringify({ trigger, type, reason, cluster, from, to, text });
}
