import type { Pool } from 'pg';
import {
  Operations,
  type HistoryRange,
  type Operation,
  type ReplayForecast,
  type ReplayRequest,
  type RetryRequest,
} from '../operation';
import { likes } from './event-reader';
import {
  ABANDONED_OPERATIONS,
  ADVANCE_OPERATION,
  BEGIN_REPLAY,
  BEGIN_RETRY,
  FIND_OPERATION,
  FORECAST_REPLAY,
  LIST_OPERATIONS,
  NOTE_ENDINGS,
  STOP_OPERATION,
} from './operation-queries';
import { toOperation, type OperationRow, type ReplayRequestJson, type RetryRequestJson } from './operation-rows';
import { reachable } from './outage';
import { filterJson, UUID } from './postgres-dead-letters';

const PAGE = 5_000;
const ABANDONED_MS = 3_000;

export class PostgresOperations extends Operations {
  constructor(
    private readonly pool: Pool,
    private readonly onWork: () => void,
  ) {
    super();
  }

  async beginRetry({ filter, limit, rate, stopOnFailure }: RetryRequest, actor: string): Promise<Operation> {
    const request: RetryRequestJson = {
      filter: JSON.parse(filterJson(filter)) as RetryRequestJson['filter'],
      limit,
      rate,
      stop_on_failure: stopOnFailure,
    };
    const [row] = await this.rows<{ id: string }>(BEGIN_RETRY, [actor, JSON.stringify(request)]);
    return (await this.find(row!.id))!;
  }

  async forecastReplay({ from, to, types }: HistoryRange, triggers?: string[]): Promise<ReplayForecast> {
    type Page = ReplayForecast & { micros: string | null; seq: string | null };
    const forecast: ReplayForecast = { events: 0, deliveries: {} };
    for (let after: [string | null, string | null] = [null, null]; ;) {
      const values = [from, to, likes(types), triggers ?? null, ...after, PAGE];
      const [page] = (await this.rows<Page>(FORECAST_REPLAY, values)) as [Page];
      for (const [trigger, count] of Object.entries(page.deliveries)) {
        forecast.deliveries[trigger] = (forecast.deliveries[trigger] ?? 0) + count;
      }
      forecast.events += page.events;
      if (page.events < PAGE) return forecast;
      after = [page.micros, page.seq];
    }
  }

  async beginReplay(replay: ReplayRequest, actor: string): Promise<Operation> {
    const { from, to, types, triggers, rate, stopOnFailure } = replay;
    const { deliveries } = await this.forecastReplay(replay, triggers);
    const request: ReplayRequestJson = {
      from: from.toISOString(),
      to: to.toISOString(),
      ...(types && { types, patterns: likes(types) ?? undefined }),
      triggers,
      rate,
      stop_on_failure: stopOnFailure,
    };
    const total = Object.values(deliveries).reduce((sum, count) => sum + count, 0);
    const [row] = await this.rows<{ id: string }>(BEGIN_REPLAY, [actor, JSON.stringify(request), total]);
    return (await this.find(row!.id))!;
  }

  async advance(operationId: string): Promise<{ nextInMs: number | null }> {
    type Step = { state: string | null; next_in_ms: number; given_back: number };
    const [step] = await this.rows<Step>(ADVANCE_OPERATION, [operationId]);
    if (step!.given_back > 0) this.onWork();
    return { nextInMs: step!.state === 'running' ? step!.next_in_ms : null };
  }

  async abandoned(): Promise<string[]> {
    return (await this.rows<{ id: string }>(ABANDONED_OPERATIONS, [ABANDONED_MS])).map(({ id }) => id);
  }

  async list(): Promise<Operation[]> {
    return (await this.rows<OperationRow>(LIST_OPERATIONS, [])).map(toOperation);
  }

  async find(id: string): Promise<Operation | null> {
    if (!UUID.test(id)) return null;
    await this.rows(NOTE_ENDINGS, [id]);
    const [row] = await this.rows<OperationRow>(FIND_OPERATION, [id]);
    return row ? toOperation(row) : null;
  }

  async stop(operationId: string, by: string): Promise<Operation | null> {
    if (UUID.test(operationId)) await this.rows(STOP_OPERATION, [operationId, by]);
    return this.find(operationId);
  }

  private rows<Row>(text: string, values: unknown[]): Promise<Row[]> {
    return reachable(async () => (await this.pool.query(text, values)).rows as Row[]);
  }
}
