import type { BaseEvent } from '@reflex/events';
import type { ContextChange, StoredContext, StoredEvent } from '@reflex/event-store';

export type Decode = (stored: StoredEvent) => BaseEvent;

/** An accumulated event; becomes an instance of its class only when somebody looks. */
export class Entry {
  private decoded: BaseEvent | undefined;

  constructor(
    readonly stored: StoredEvent,
    private readonly decode: Decode,
  ) {}

  get receivedMs(): number {
    return this.stored.receivedAt.getTime();
  }

  get event(): BaseEvent {
    return (this.decoded ??= this.decode(this.stored));
  }
}

/** Neither scratch nor filters' state is ever changed in place. */
const NOTHING: Record<string, unknown> = Object.freeze({});

// Kept among the filters' state, where no place in a filter tree can have this name.
const ACTED = '@acted';

/** A scope's decision context while one worker goes through a run: as loaded, plus what the run's own deliveries changed. */
export class ContextMemory {
  private newest = -Infinity;

  private constructor(
    private accumulated: Entry[],
    private scratchKept: Record<string, unknown>,
    private filtersKept: Record<string, unknown>,
    readonly createdAt: Date,
    private actionAt: Date | null,
  ) {
    for (const entry of accumulated) this.newest = Math.max(this.newest, entry.receivedMs);
  }

  static load(stored: StoredContext, decode: Decode): ContextMemory {
    const entries = stored.events.map((event) => new Entry(event, decode));
    return new ContextMemory(entries, stored.scratch, stored.filters, stored.createdAt, stored.lastActionAt);
  }

  static empty(createdAt: Date): ContextMemory {
    return new ContextMemory([], NOTHING, NOTHING, createdAt, null);
  }

  get entries(): readonly Entry[] {
    return this.accumulated;
  }

  /** Receipt of the newest entry; minus infinity without one. */
  get newestMs(): number {
    return this.newest;
  }

  get scratch(): Record<string, unknown> {
    return this.scratchKept;
  }

  get filters(): Record<string, unknown> {
    return this.filtersKept;
  }

  get lastActionAt(): Date | null {
    return this.actionAt;
  }

  /**
   * How many of the entries an action has already seen. Known by the last one's id, not by time: events that were received
   * while the action ran are older than its commit, yet nobody has acted on them.
   */
  get actedCount(): number {
    const last = this.filtersKept[ACTED];
    if (last === undefined) return 0;
    return this.accumulated.findLastIndex((entry) => entry.stored.id === last) + 1;
  }

  /** The filters' state together with the last event that an action has seen but kept. */
  static withActed(filters: Record<string, unknown>, last: string | undefined): Record<string, unknown> {
    if (filters[ACTED] === last) return filters;
    const { [ACTED]: _former, ...rest } = filters;
    return last === undefined ? rest : { ...rest, [ACTED]: last };
  }

  get lastActed(): string | undefined {
    return this.filtersKept[ACTED] as string | undefined;
  }

  /** The same memory without an event, to judge that one again and not count it twice. */
  without(id: string): ContextMemory {
    const place = this.accumulated.findIndex((entry) => entry.stored.id === id);
    if (place < 0) return this;
    const before = this.accumulated[place - 1]?.stored.id;
    const filters = this.lastActed === id ? ContextMemory.withActed(this.filtersKept, before) : this.filtersKept;
    const others = this.accumulated.toSpliced(place, 1);
    return new ContextMemory(others, this.scratchKept, filters, this.createdAt, this.actionAt);
  }

  /** As it is now; what is applied later does not reach the copy. */
  copy(): ContextMemory {
    return new ContextMemory([...this.accumulated], this.scratchKept, this.filtersKept, this.createdAt, this.actionAt);
  }

  /** Forgets the oldest beyond so many, as the store does. */
  keepNewest(most: number): void {
    if (this.accumulated.length > most) this.accumulated = this.accumulated.slice(-most);
  }

  /** Takes over what the settlement of one delivery commits. */
  apply(change: ContextChange, current: Entry | null, now: Date): void {
    if (change.clear) {
      this.accumulated = [];
      this.newest = -Infinity;
    }
    if (change.append && current) {
      this.accumulated.push(current);
      this.newest = Math.max(this.newest, current.receivedMs);
    }
    this.scratchKept = change.scratch;
    this.filtersKept = change.filters;
    if (change.acted) this.actionAt = now;
  }
}
