import { type Duration, durationMs, ENVELOPE_FIELDS, type JsonObject, Parked, type RunLedger } from '@reflex/core';
import { type BaseEvent, type EventClass, typeOfClass } from '@reflex/events';
import type { Delivery, EventWaits, StoredEvent } from '@reflex/event-store';
import type { Decode } from '../context/context-memory';
import { InvalidStep } from './errors';
import { recording } from './recording';
import { assertOutsideOfSteps } from './steps';

export interface WaitOptions<E extends BaseEvent> {
  /**
   * Fields that the event must have; of objects, it may have more. Without, it must have the same correlation: it followed
   * from the same event from outside.
   */
  match?: Partial<Omit<E, keyof BaseEvent>>;
  /** Without, it waits for as long as it takes. */
  timeout?: Duration;
}

interface Wish {
  key: string;
  type: string;
  match: JsonObject | null;
  timeoutMs: number | null;
}

/** The waits of one attempt: those that ended answer from the record, the others park the run. */
export class Waits {
  private readonly counts = new Map<string, number>();
  /** Ids of events that earlier waits got: no event answers twice. */
  private readonly taken = new Set<string>();
  /** One at a time, so that two waits for the same type do not get the same event. */
  private last: Promise<unknown> = Promise.resolve();
  private shortestMs = Infinity;
  private wish: Parked | null = null;

  constructor(
    private readonly ledger: RunLedger,
    private readonly waits: EventWaits,
    private readonly delivery: Delivery,
    private readonly decode: Decode,
    private readonly signal: () => AbortSignal,
  ) {}

  /** `null` when nothing is waited for. */
  get parked(): Parked | null {
    return this.wish;
  }

  /** The same wish, but no longer than until the first of all waits is over. */
  with(parked: Parked): Parked {
    const timeoutMs = Math.min(this.shortestMs, parked.timeoutMs ?? Infinity);
    return new Parked(parked.message, {
      waitsFor: parked.waitsFor,
      timeoutMs: timeoutMs === Infinity ? undefined : timeoutMs,
    });
  }

  /** Until every wait that the handler has begun is on record. */
  async idle(): Promise<void> {
    await this.last.catch(() => undefined);
  }

  async for<E extends BaseEvent>(eventClass: EventClass<E>, options: WaitOptions<E>): Promise<E | null> {
    const wish = this.wishOf(eventClass, options);
    assertOutsideOfSteps(`context.waitFor(${eventClass.name})`);
    const turn = this.last.then(
      () => this.take(wish),
      () => this.take(wish),
    );
    this.last = turn;
    const stored = await turn;
    return stored && (this.decode(stored) as E);
  }

  private async take(wish: Wish): Promise<StoredEvent | null> {
    const { key } = wish;
    const past = await this.ledger.find(key);
    if (past?.status === 'done') return this.claim(past.result as unknown as StoredEventJson | null);
    const replay = await this.ledger.replay();
    if (!past) {
      const { type: name, match, timeoutMs } = wish;
      const input = { match, timeout_ms: timeoutMs };
      await recording(() => this.ledger.start({ key, kind: 'wait', name, effect: 'none', input }), this.signal());
    }
    const { event, leftMs } = await recording(
      () => this.waits.look(this.delivery, replay, key, { ...wish, taken: [...this.taken] }),
      this.signal(),
    );
    if (!event && (leftMs === null || leftMs > 0)) throw this.park(wish, leftMs);
    const result = event && toJson(event);
    await recording(() => this.ledger.finish(key, { status: 'done', result }), this.signal());
    await recording(() => this.waits.close(this.delivery, replay, key), this.signal());
    return this.claim(result);
  }

  private claim(result: StoredEventJson | null): StoredEvent | null {
    if (result) this.taken.add(result.id);
    return result && fromJson(result);
  }

  private park({ type }: Wish, leftMs: number | null): Parked {
    if (leftMs !== null) this.shortestMs = Math.min(this.shortestMs, leftMs);
    this.wish ??= new Parked(`Waits for ${type}.`);
    return this.wish;
  }

  private wishOf<E extends BaseEvent>(eventClass: EventClass<E>, { match, timeout }: WaitOptions<E>): Wish {
    const type = typeOfClass(eventClass);
    const fields = match === undefined ? null : (JSON.parse(JSON.stringify(match)) as JsonObject);
    const reserved = Object.keys(fields ?? {}).find((field) => (ENVELOPE_FIELDS as readonly string[]).includes(field));
    if (reserved !== undefined) {
      throw new InvalidStep(`context.waitFor(${type}) matches "${reserved}", which is no field of the event's own.`);
    }
    const count = (this.counts.get(type) ?? 0) + 1;
    this.counts.set(type, count);
    const timeoutMs = timeout === undefined ? null : durationMs(timeout);
    return { key: `wait:${count}:${type}`, type, match: fields, timeoutMs };
  }
}

type StoredEventJson = Omit<StoredEvent, 'timestamp' | 'receivedAt'> & { timestamp: string; receivedAt: string };

function toJson(event: StoredEvent): StoredEventJson {
  return { ...event, timestamp: event.timestamp.toISOString(), receivedAt: event.receivedAt.toISOString() };
}

function fromJson(json: StoredEventJson): StoredEvent {
  return { ...json, timestamp: new Date(json.timestamp), receivedAt: new Date(json.receivedAt) };
}
