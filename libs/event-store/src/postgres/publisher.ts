import { createHash, randomUUID, randomUUIDv7 } from 'node:crypto';
import { InvalidJson } from '@reflex/core';
import { payloadOf, type BaseEvent } from '@reflex/events';
import type { Pool } from 'pg';
import type { EntityManager } from 'typeorm';
import { delaysOf, type Delay } from '../delay';
import { EventLoop, IdempotencyConflict, StoreOverloaded } from '../errors';
import type { PublishOptions, Published } from '../event-store';
import type { StoredEvent } from '../delivery';
import { afterCommit } from './after-commit';
import { queryIn } from './data-source';
import { GroupCommit } from './group-commit';
import { isOutage, reachable } from './outage';
import { FIND_KEYS, COUNT_FOLLOW_UPS, PUBLISH } from './queries';

/** Follow-ups of follow-ups end here: `depth` of an event from outside is 0. */
const MAX_DEPTH = 8;
/** Most follow-ups that one event from outside may cause, over all generations. */
const MAX_PER_CORRELATION = 100;
const LIMITS = { items: 500, characters: 4_000_000 };

interface Prepared {
  id: string;
  key: string | null;
  hash: string | null;
  /** The record for `reflex.publish`, as JSON. */
  record: string;
}

/** Runs a statement on the pool or in the caller's transaction. */
type Run = <Row>(text: string, values: unknown[]) => Promise<Row[]>;

/** Writes events to the log. Concurrent calls are group-committed. */
export class Publisher {
  private readonly group: GroupCommit<Prepared, Published | IdempotencyConflict>;

  constructor(
    private readonly pool: Pool,
    limits: { queueLimit: number; queueMs: number },
    /** Told which triggers have new work, after the commit. */
    private readonly onFed: (triggerIds: number[]) => void,
    /** Told in how many milliseconds something falls due, about. */
    private readonly onDelayed: (ms: number) => void,
  ) {
    this.group = new GroupCommit(
      (batch) => this.store(batch, this.onPool, this.onFed),
      { ...LIMITS, queue: limits.queueLimit, waitMs: limits.queueMs },
      isOutage,
      (waiting) => new StoreOverloaded(waiting),
    );
  }

  async publish(events: BaseEvent[], options: PublishOptions = {}): Promise<Published[]> {
    if (events.length === 0) return [];
    const delays = delaysOf(options, events.length);
    const prepared = events.map((event, index) =>
      prepare(event, keyOf(options.idempotencyKey, index, events.length), delays[index]!),
    );
    refuseRepeatedKeys(prepared);

    const results = await this.commit(prepared, options.transaction);
    for (const delay of new Set(delays)) this.announce(delay);
    results.forEach((result, index) => {
      if (!(result instanceof IdempotencyConflict)) name(events[index]!, result.id, prepared[index]!);
    });
    const conflict = results.find((result) => result instanceof IdempotencyConflict);
    if (conflict) throw conflict;
    return results as Published[];
  }

  /** Publishes what follows from an event, inside the transaction that settles it. */
  async publishFollowUps(events: BaseEvent[], parent: StoredEvent, manager: EntityManager): Promise<void> {
    const { depth, correlation_id: correlationId } = parent.meta;
    if (depth >= MAX_DEPTH) {
      throw new EventLoop(`The chain of events is ${MAX_DEPTH} long already. Does a trigger cause its own event?`);
    }
    const [row] = await queryIn<{ count: number }>(manager, COUNT_FOLLOW_UPS, [correlationId, MAX_PER_CORRELATION]);
    if (row!.count + events.length > MAX_PER_CORRELATION) {
      throw new EventLoop(
        `One event caused ${MAX_PER_CORRELATION} others already. Does a trigger cause its own event?`,
      );
    }
    for (const event of events) {
      const { trace_id, correlation_id } = parent.meta;
      event.meta = { trace_id, correlation_id, causation_id: parent.id, depth: depth + 1 };
    }
    await this.publish(events, { transaction: manager });
  }

  private announce({ delayMs, deliverAt }: Delay): void {
    const ms = delayMs ?? (deliverAt ? deliverAt.getTime() - Date.now() : 0);
    if (ms > 0) this.onDelayed(ms);
  }

  /** Resolves once all that was published is stored or refused. */
  idle(): Promise<void> {
    return this.group.idle();
  }

  private async commit(prepared: Prepared[], manager?: EntityManager): Promise<(Published | IdempotencyConflict)[]> {
    if (manager) {
      const run: Run = (text, values) => queryIn(manager, text, values);
      return this.store(prepared, run, (fed) => afterCommit(manager, () => this.onFed(fed)));
    }
    const keys = prepared.flatMap(({ key }) => key ?? []);
    // Several events with keys: one conflict must undo them all, so they cannot share a commit with strangers.
    if (prepared.length > 1 && keys.length > 0) return this.storeAlone(prepared);
    const size = prepared.reduce((sum, { record }) => sum + record.length, 0);
    return reachable(() => this.group.add({ items: prepared, size, keys }));
  }

  private async storeAlone(prepared: Prepared[]): Promise<(Published | IdempotencyConflict)[]> {
    return reachable(async () => {
      const client = await this.pool.connect();
      try {
        await client.query('begin');
        let fed: number[] = [];
        const run: Run = async (text, values) => (await client.query(text, values)).rows;
        const results = await this.store(prepared, run, (triggerIds) => (fed = triggerIds));
        const conflict = results.find((result) => result instanceof IdempotencyConflict);
        await client.query(conflict ? 'rollback' : 'commit');
        client.release();
        if (!conflict && fed.length > 0) this.onFed(fed);
        return results;
      } catch (error) {
        client.release(error instanceof Error ? error : true);
        throw error;
      }
    });
  }

  private readonly onPool: Run = async (text, values) => (await this.pool.query(text, values)).rows;

  private async store(
    batch: Prepared[],
    run: Run,
    tell: (triggerIds: number[]) => void,
  ): Promise<(Published | IdempotencyConflict)[]> {
    const json = `[${batch.map(({ record }) => record).join()}]`;
    const [outcome] = await run<{ taken: string[]; fed: number[] }>(PUBLISH, [json]);
    const { taken, fed } = outcome!;
    if (fed.length > 0) tell(fed);
    if (taken.length === 0) return batch.map(({ id }) => ({ id, duplicate: false }));

    const rows = await run<{ key: string; event_id: string; body_hash: string }>(FIND_KEYS, [taken]);
    const firsts = new Map(rows.map((row) => [row.key, row]));
    return batch.map(({ id, key, hash }) => {
      const first = key === null ? undefined : firsts.get(key);
      if (!first) return { id, duplicate: false };
      if (first.body_hash !== hash) return new IdempotencyConflict(key!.slice(key!.indexOf(':') + 1), first.event_id);
      return { id: first.event_id, duplicate: true };
    });
  }
}

// An id that we gave is no promise of the publisher: publishing the same object again makes another event.
const generatedIds = new WeakMap<BaseEvent, string>();

function name(event: BaseEvent, id: string, { key }: Prepared): void {
  event.id = id;
  if (!key?.startsWith('id:')) generatedIds.set(event, id);
}

function prepare(event: BaseEvent, idempotencyKey: string | null, { delayMs, deliverAt }: Delay): Prepared {
  const chosen = event.id !== undefined && generatedIds.get(event) !== event.id;
  if (chosen && idempotencyKey !== null) {
    throw new InvalidJson('id_and_key', 'The event has an id and an Idempotency-Key. Send one of them.');
  }
  const id = chosen ? event.id : randomUUIDv7();
  const key = chosen ? `id:${id}` : idempotencyKey;
  const source = event.source ?? 'internal';
  const payload = payloadOf(event);
  const meta = event.meta ?? {};
  // JSON leaves out what is undefined.
  const when = { due: deliverAt ?? undefined, delay: delayMs ?? undefined };
  const hash = key === null ? null : hashOf({ type: event.type, source, payload, ...when });
  const record = JSON.stringify({
    id,
    type: event.type,
    source,
    ...when,
    at: event.timestamp ?? new Date(),
    trace: meta.trace_id ?? newTraceId(),
    corr: meta.correlation_id ?? id,
    cause: meta.causation_id ?? null,
    depth: meta.depth ?? 0,
    key,
    hash,
    payload,
  });
  return { id, key, hash, record };
}

// randomUUID draws from a pool of random bytes; randomBytes asks the system each time.
function newTraceId(): string {
  return randomUUID().replaceAll('-', '');
}

function keyOf(idempotencyKey: string | undefined, index: number, count: number): string | null {
  if (idempotencyKey === undefined) return null;
  return count === 1 ? `key:${idempotencyKey}` : `key:${idempotencyKey}#${index}`;
}

function refuseRepeatedKeys(prepared: Prepared[]): void {
  const keys = new Set<string>();
  for (const { key } of prepared) {
    if (key !== null && keys.has(key)) {
      throw new InvalidJson(
        'repeated_id',
        `"${key.slice(3)}" occurs twice in one request. Give each event its own id.`,
      );
    }
    if (key !== null) keys.add(key);
  }
}

// Key order must not matter: clients rebuild the same body differently.
function hashOf(body: unknown): string {
  const sorted = JSON.stringify(body, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(sorted).digest('base64url');
}
