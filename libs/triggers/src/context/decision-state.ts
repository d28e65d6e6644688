import type { BaseEvent } from '@reflex/events';
import { type ContextChange, type Delivery, EventLoop, type StoredEvent } from '@reflex/event-store';
import type { EntityManager } from 'typeorm';
import type { Durable } from '../durable/durable';
import type { Waits } from '../durable/waits';
import { NotDurable } from '../durable/errors';
import { AttemptOver } from '../errors';
import { storableJson } from '../storable-json';
import { ContextMemory, type Decode, Entry } from './context-memory';
import type { StoreClock } from './database-clock';
import { FollowUps, type When } from './follow-ups';

/** A follow-up of an event this deep is refused; the store has the same cap. */
const MAX_DEPTH = 8;

export interface DecisionInput {
  trigger: string;
  delivery: Delivery;
  /** The delivery's event, or the tick that woke the context. */
  stored: StoredEvent;
  memory: ContextMemory;
  decode: Decode;
  clock: StoreClock;
  signal: () => AbortSignal;
  /** Absent where no handler runs. */
  durable?: () => Durable;
}

/** What one attempt knows and wants, before anything of it is committed; a failed attempt is simply forgotten. */
export class DecisionState {
  followUps: FollowUps | undefined;
  private work: ((manager: EntityManager) => Promise<void>)[] | undefined;
  /** What the handler itself decided about the context. */
  closing: 'not' | 'marked' | 'cleared' = 'not';
  readonly isTick: boolean;
  private readonly current: Entry;
  private cleared = false;
  private added: BaseEvent[] = [];
  private list: BaseEvent[] | undefined;
  private scratchDraft: Record<string, unknown> | undefined;
  private filtersDraft: Record<string, unknown> | undefined;
  private over = false;
  private durableWork: Durable | undefined;

  constructor(readonly input: DecisionInput) {
    this.current = new Entry(input.stored, input.decode);
    this.isTick = isContextTick(input.stored, input.trigger);
  }

  /** Throws `UndecodableEvent` before anything was decided. */
  decodeNow(): void {
    void this.current.event;
  }

  /** The event to decide about; for a tick, the newest one accumulated. */
  get event(): BaseEvent {
    const entry = this.isTick ? (this.input.memory.entries.at(-1) ?? this.current) : this.current;
    return entry.event;
  }

  get entry(): Entry | null {
    return this.isTick ? null : this.current;
  }

  get events(): BaseEvent[] {
    this.list ??= [...this.entries().map((entry) => entry.event), ...this.added];
    return this.list;
  }

  /** Accumulated events, the current one last. */
  entries(): Entry[] {
    const kept = this.cleared ? [] : this.input.memory.entries;
    return this.isTick || this.cleared ? [...kept] : [...kept, this.current];
  }

  /** The moment that is judged: the receipt of the newest event or of the tick. A retry sees the same. */
  get nowMs(): number {
    return Math.max(this.current.receivedMs, this.input.memory.newestMs);
  }

  /** The time of receipt, in milliseconds, of each event that no action has seen yet; the current one last. */
  pendingTimes(): number[] {
    const { entries, actedCount } = this.input.memory;
    const times: number[] = [];
    for (let index = actedCount; index < entries.length; index += 1) times.push(entries[index]!.receivedMs);
    if (!this.isTick) times.push(this.current.receivedMs);
    return times;
  }

  get pendingCount(): number {
    const { entries, actedCount } = this.input.memory;
    return entries.length - actedCount + (this.isTick ? 0 : 1);
  }

  /** Where the events that no action has seen yet begin in `events`. */
  get pendingFrom(): number {
    if (this.closing === 'marked') return this.events.length;
    return this.cleared ? 0 : this.input.memory.actedCount;
  }

  get scratch(): Record<string, unknown> {
    return (this.scratchDraft ??= structuredClone(this.input.memory.scratch));
  }

  add(event: BaseEvent): void {
    this.added.push(event);
    this.list = undefined;
  }

  clear(): void {
    this.closing = 'cleared';
    this.cleared = true;
    this.added = [];
    this.list = undefined;
    this.scratchDraft = {};
  }

  filterState(place: string): unknown {
    return this.filtersDraft?.[place] ?? this.input.memory.filters[place];
  }

  keepFilterState(place: string, state: unknown): void {
    this.filtersDraft = { ...this.filtersDraft, [place]: state };
  }

  publish(events: BaseEvent[], when?: When): void {
    this.assertOpen();
    const depth = this.input.stored.meta.depth;
    if (depth >= MAX_DEPTH) {
      throw new EventLoop(
        `${this.input.trigger} would publish a follow-up at depth ${depth + 1}; ${MAX_DEPTH} is the most. ` +
          'Look for triggers that cause each other, and narrow a filter.',
      );
    }
    (this.followUps ??= new FollowUps()).add(events, when);
  }

  /** Throws `NotDurable` where no handler runs. */
  durable(what: string): Durable {
    this.assertOpen();
    this.durableWork ??= this.input.durable?.();
    if (!this.durableWork) throw new NotDurable(what);
    return this.durableWork;
  }

  /** What the handler has begun to wait for, and caught. */
  get waits(): Waits | null {
    return this.durableWork?.waits ?? null;
  }

  addWork(work: (manager: EntityManager) => Promise<void>): void {
    this.assertOpen();
    this.work = [...(this.work ?? []), work];
  }

  /** What the handler wants done in the settling transaction, one after the other. */
  workInOrder(): ((manager: EntityManager) => Promise<void>) | undefined {
    const { work } = this;
    if (!work) return undefined;
    return async (manager) => {
      for (const step of work) await step(manager);
    };
  }

  /** From now on a handler that still runs can add nothing. */
  end(): void {
    this.over = true;
  }

  /** What is kept when the condition said no. `lookbackMs`: how long the condition needs an event. */
  accumulated(wakeInMs: number | null, lookbackMs: number | null): ContextChange {
    const clear = this.outlived(lookbackMs);
    const filters = this.filtersToKeep(clear ? undefined : this.input.memory.lastActed);
    return { clear, append: !this.isTick, scratch: this.scratchToKeep(), filters, wakeInMs };
  }

  /** What is kept after the handler ran. */
  fired(): ContextChange {
    const { entries } = this.input.memory;
    if (this.closing === 'marked') {
      const filters = this.filtersToKeep(this.isTick ? entries.at(-1)?.stored.id : this.current.stored.id);
      return { append: !this.isTick, acted: true, scratch: this.scratchToKeep(), filters, wakeInMs: null };
    }
    const scratch = this.closing === 'cleared' ? this.scratchToKeep() : {};
    return { clear: entries.length > 0, acted: true, scratch, filters: this.filtersToKeep(undefined), wakeInMs: null };
  }

  // A scope that trickles would otherwise collect events for ever that no window can see again.
  private outlived(lookbackMs: number | null): boolean {
    const { entries } = this.input.memory;
    if (lookbackMs === null || entries.length === 0) return false;
    const from = this.nowMs - lookbackMs;
    return entries.every((entry) => entry.receivedMs < from);
  }

  private scratchToKeep(): Record<string, unknown> {
    if (!this.scratchDraft) return this.input.memory.scratch;
    return JSON.parse(storableJson('scratch', this.scratchDraft)) as Record<string, unknown>;
  }

  private filtersToKeep(acted: string | undefined): Record<string, unknown> {
    const { filters } = this.input.memory;
    return ContextMemory.withActed(this.filtersDraft ? { ...filters, ...this.filtersDraft } : filters, acted);
  }

  private assertOpen(): void {
    if (this.over) throw new AttemptOver(this.input.trigger);
  }
}

/** The store's own tick, by which it wakes a trigger to look at its context again. */
export function isContextTick(stored: StoredEvent, trigger: string): boolean {
  return (
    stored.type === 'timer.tick' &&
    stored.source === 'timer:context' &&
    stored.payload['timer_name'] === `context:${trigger}`
  );
}
