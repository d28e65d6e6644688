import { createHash, randomUUID, randomUUIDv7 } from 'node:crypto';
import { InvalidJson, type EventMeta } from '@reflex/core';
import { payloadOf, type BaseEvent } from '@reflex/events';
import type { Pool } from 'pg';
import type { EntityManager } from 'typeorm';
import { delaysOf, type Delay } from '../delay';
import { EventLoop, IdempotencyConflict, StoreOverloaded } from '../errors';
import type { PublishOptions, Published } from '../event-store';
import type { StoredEvent } from '../delivery';
import type { Settlement } from '../settlement';
import { afterCommit } from './after-commit';
import { arrayText, textArrayText } from './array-text';
import { queryIn } from './data-source';
import { GroupCommit } from './group-commit';
import { NO_OFFER, type GivenRow, type HandOver } from './hand-over';
import { isOutage, reachable } from './outage';
import { BETWEEN_JSON, COUNT_FOLLOW_UPS, FIND_KEYS, NOTE_FOLLOW_UPS, PUBLISH } from './queries';

/** Follow-ups of follow-ups end here: `depth` of an event from outside is 0. */
const MAX_DEPTH = 8;
/** Most follow-ups that one event from outside may cause, over all generations. */
const MAX_PER_CORRELATION = 100;
/** Characters of an event on its way to the database beside its payload, about. */
const ENVELOPE_SIZE = 200;
const LIMITS = { items: 500, characters: 4_000_000 };

interface Prepared {
  id: string;
  key: string | null;
  hash: string | null;
  type: string;
  source: string;
  at: Date;
  meta: EventMeta;
  /** JSON of the event's own fields. */
  payload: string;
  /** JSON of what few events have, or nothing. */
  more: string;
}

/** What the database tells of a stored batch: keys that were stored before, and triggers with new work. */
interface Stored {
  taken: string[];
  fed: number[];
}

/** Runs a statement on the pool or in the caller's transaction. */
type Run = <Row>(text: string, values: unknown[]) => Promise<Row[]>;

/** Writes events to the log. Concurrent calls are group-committed. */
export class Publisher {
  private readonly group: GroupCommit<Prepared, Published | IdempotencyConflict>;

  constructor(
    private readonly pool: Pool,
    private readonly handOver: HandOver,
    limits: { queueLimit: number; queueMs: number },
    /** Told which triggers have new work, after the commit. */
    private readonly onFed: (triggerIds: number[]) => void,
    /** Told in how many milliseconds something falls due, about. */
    private readonly onDelayed: (ms: number) => void,
  ) {
    this.group = new GroupCommit(
      (batch) => this.storeOnPool(batch),
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

  /**
   * Publishes what follows from an event, inside the transaction that settles it. The handler of one that was parked begins
   * again from its start: what was published when it was parked is counted, and left out then.
   */
  async publishFollowUps(
    { delivery, followUps = [], followUpDelays = [] }: Settlement,
    countThem: boolean,
    manager: EntityManager,
  ): Promise<void> {
    const parent = delivery.event!;
    const { depth, correlation_id: correlationId } = parent.meta;
    const { eventSeq, triggerId } = delivery;
    if (depth >= MAX_DEPTH) {
      throw new EventLoop(`The chain of events is ${MAX_DEPTH} long already. Does a trigger cause its own event?`);
    }
    const values = [correlationId, MAX_PER_CORRELATION, eventSeq, triggerId];
    const [row] = await queryIn<{ count: number; published: number }>(manager, COUNT_FOLLOW_UPS, values);
    const events = followUps.slice(row!.published);
    const delays = followUpDelays.slice(row!.published);
    if (row!.count + events.length > MAX_PER_CORRELATION) {
      throw new EventLoop(
        `One event caused ${MAX_PER_CORRELATION} others already. Does a trigger cause its own event?`,
      );
    }
    for (const event of events) {
      const { trace_id, correlation_id } = parent.meta;
      event.meta = { trace_id, correlation_id, causation_id: parent.id, depth: depth + 1 };
    }
    const options = {
      delayMs: delays.map(({ delayMs }) => delayMs),
      deliverAt: delays.map(({ deliverAt }) => deliverAt),
    };
    await this.publish(events, { transaction: manager, ...(delays.length > 0 && options) });
    if (countThem) {
      await queryIn(manager, NOTE_FOLLOW_UPS, [eventSeq, triggerId, parent.id, followUps.length, delivery.attempt]);
    }
  }

  private announce({ delayMs, deliverAt }: Delay): void {
    const ms = delayMs ?? (deliverAt ? deliverAt.getTime() - Date.now() : 0);
    if (ms > 0) this.onDelayed(ms);
  }

  /** Resolves once all that was published is stored or refused. */
  idle(): Promise<void> {
    return this.group.idle();
  }

  private commit(prepared: Prepared[], manager?: EntityManager): Promise<(Published | IdempotencyConflict)[]> {
    if (manager) {
      const run: Run = (text, values) => queryIn(manager, text, values);
      return this.store(prepared, run, (fed) => afterCommit(manager, () => this.onFed(fed)));
    }
    const keys = prepared.flatMap(({ key }) => key ?? []);
    // Several events with keys: one conflict must undo them all, so they cannot share a commit with strangers.
    if (prepared.length > 1 && keys.length > 0) return this.storeAlone(prepared);
    const size = prepared.reduce((sum, { payload, more }) => sum + ENVELOPE_SIZE + payload.length + more.length, 0);
    return this.group.add({ items: prepared, size, keys });
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

  private readonly onPool: Run = (text, values) => reachable(async () => (await this.pool.query(text, values)).rows);

  private async storeOnPool(batch: Prepared[]): Promise<(Published | IdempotencyConflict)[]> {
    const columns = columnsOf(batch);
    const row = await this.handOver.during(
      (offer) =>
        reachable(async () => (await this.pool.query<Stored & GivenRow>(PUBLISH, [...columns, ...offer])).rows[0]!),
      (receivedAt) => new Map(batch.map((one) => [one.id, () => storedEvent(one, receivedAt)])),
    );
    return this.resultsOf(batch, row, this.onPool, this.onFed);
  }

  private async store(
    batch: Prepared[],
    run: Run,
    tell: (triggerIds: number[]) => void,
  ): Promise<(Published | IdempotencyConflict)[]> {
    const [row] = await run<Stored>(PUBLISH, [...columnsOf(batch), ...NO_OFFER]);
    return this.resultsOf(batch, row!, run, tell);
  }

  private async resultsOf(
    batch: Prepared[],
    { taken, fed }: Stored,
    run: Run,
    tell: (triggerIds: number[]) => void,
  ): Promise<(Published | IdempotencyConflict)[]> {
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
  const type = event.type;
  const source = event.source ?? 'internal';
  const at = event.timestamp ?? new Date();
  const given = event.meta ?? {};
  const meta: EventMeta = {
    trace_id: given.trace_id ?? newTraceId(),
    correlation_id: given.correlation_id ?? id,
    causation_id: given.causation_id ?? null,
    depth: given.depth ?? 0,
  };
  const fields = payloadOf(event);
  // JSON leaves out what is undefined.
  const when = { due: deliverAt ?? undefined, delay: delayMs ?? undefined };
  const hash = key === null ? null : hashOf({ type, source, payload: fields, ...when });
  const { causation_id: cause, depth } = meta;
  const isPlain = cause === null && depth === 0 && key === null && deliverAt === null && delayMs === null;
  const more = { cause: cause ?? undefined, depth: depth || undefined, key: key ?? undefined, hash: hash ?? undefined };
  const payload = JSON.stringify(fields);
  return { id, key, hash, type, source, at, meta, payload, more: isPlain ? '' : JSON.stringify({ ...more, ...when }) };
}

/** The arrays of `reflex.publish`. */
function columnsOf(batch: Prepared[]): unknown[] {
  return [
    textArrayText(batch.map(({ id }) => id)),
    textArrayText(batch.map(({ type }) => type)),
    textArrayText(batch.map(({ source }) => source)),
    arrayText(batch.map(({ at }) => at.getTime())),
    textArrayText(batch.map(({ meta }) => meta.trace_id)),
    textArrayText(batch.map(({ meta }) => meta.correlation_id)),
    batch.map(({ payload }) => payload).join(BETWEEN_JSON),
    batch.map(({ more }) => more).join(BETWEEN_JSON),
  ];
}

/** The event as the log will give it. */
function storedEvent({ id, type, source, at, meta, payload }: Prepared, receivedAt: Date): StoredEvent {
  const fields = JSON.parse(payload) as Record<string, unknown>;
  return { id, type, source, timestamp: new Date(at), receivedAt, meta: { ...meta }, payload: fields };
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
  if (prepared.length === 1) return;
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
