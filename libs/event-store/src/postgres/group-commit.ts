export interface GroupCommitLimits {
  /** Most items of one commit; a larger entry is committed alone. */
  items: number;
  /** Most characters of one commit. */
  characters: number;
  /** Most items that may wait. */
  queue: number;
  /** While more than a few commits wait, nothing is taken that would likely wait longer; in milliseconds. */
  waitMs?: number;
}

/** What this many commits take is no jam. */
const FEW_COMMITS = 4;

/** Items that are committed together or not at all. */
export interface Entry<Item> {
  items: Item[];
  /** Characters on the way to the database. */
  size: number;
  /** Entries that share a key must not meet in one commit. */
  keys?: readonly unknown[];
}

interface Waiting<Item, Result> extends Entry<Item> {
  resolve: (results: Result[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Collects what comes in while a commit is under way and commits it all at once: one round trip and one flush of the
 * write-ahead log for many callers, each of which is answered after its own commit. Alone, an entry goes at once.
 */
export class GroupCommit<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private items = 0;
  private busy = false;
  private committingSince = 0;
  private lastCommitMs = 0;
  private idlers: (() => void)[] = [];

  constructor(
    private readonly commit: (items: Item[]) => Promise<Result[]>,
    private readonly limits: GroupCommitLimits,
    /** True when the error is about the connection: no smaller batch would fare better. */
    private readonly isOutage: (error: unknown) => boolean,
    private readonly overloaded: (waiting: number) => Error,
  ) {}

  /** Results in the order of the items, after the commit. */
  add(entry: Entry<Item>): Promise<Result[]> {
    if (this.items >= this.limits.queue || this.isJammed()) return Promise.reject(this.overloaded(this.items));
    const { items, size, keys } = entry;
    return new Promise((resolve, reject) => {
      this.waiting.push({ items, size, keys, resolve, reject });
      this.items += items.length;
      if (!this.busy) {
        this.busy = true;
        // What is published in the same turn of the event loop shares the first commit.
        setImmediate(() => void this.drain());
      }
    });
  }

  /** Resolves once nothing waits. */
  async idle(): Promise<void> {
    if (this.busy) await new Promise<void>((resolve) => this.idlers.push(resolve));
  }

  // A count alone would let callers wait for as long as a slow database takes for it.
  private isJammed(): boolean {
    const { items, waitMs = Infinity } = this.limits;
    if (this.items < FEW_COMMITS * items) return false;
    const commitMs = Math.max(this.lastCommitMs, performance.now() - this.committingSince);
    return (this.items / items) * commitMs > waitMs;
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      this.committingSince = performance.now();
      await this.flush(this.take());
      this.lastCommitMs = performance.now() - this.committingSince;
    }
    this.busy = false;
    for (const resolve of this.idlers.splice(0)) resolve();
  }

  private take(): Waiting<Item, Result>[] {
    const taken: Waiting<Item, Result>[] = [];
    const later: Waiting<Item, Result>[] = [];
    const keys = new Set<unknown>();
    let items = 0;
    let size = 0;
    let index = 0;
    for (; index < this.waiting.length; index += 1) {
      const entry = this.waiting[index]!;
      const full = items + entry.items.length > this.limits.items || size + entry.size > this.limits.characters;
      if (taken.length > 0 && full) break;
      if (entry.keys?.some((key) => keys.has(key))) {
        later.push(entry);
        continue;
      }
      for (const key of entry.keys ?? []) keys.add(key);
      taken.push(entry);
      items += entry.items.length;
      size += entry.size;
    }
    this.waiting = [...later, ...this.waiting.slice(index)];
    this.items -= items;
    return taken;
  }

  private async flush(entries: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.commit(entries.flatMap((entry) => entry.items));
      let position = 0;
      for (const entry of entries) {
        entry.resolve(results.slice(position, position + entry.items.length));
        position += entry.items.length;
      }
    } catch (error) {
      if (entries.length === 1 || this.isOutage(error)) {
        for (const entry of entries) entry.reject(error);
        return;
      }
      // One entry is at fault: the others must not suffer for it.
      for (const entry of entries) await this.flush([entry]);
    }
  }
}
