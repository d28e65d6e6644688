interface Entry<T> {
  value: T;
  until: number;
}

/** Remembers answers for a while; the oldest go when there are too many. */
export class KeyCache<T> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(
    private readonly most: number,
    private readonly maxAgeMs: number,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: string, now: number): T | undefined {
    const entry = this.entries.get(key);
    return entry !== undefined && now < entry.until ? entry.value : undefined;
  }

  /** `until` is sooner than the cache's own age when the answer itself ends, such as that for a key that expires. */
  set(key: string, value: T, now: number, until = Infinity): void {
    this.entries.delete(key);
    // A map keeps the order in which things were put in, so the first is the oldest.
    if (this.entries.size >= this.most) this.entries.delete(this.entries.keys().next().value!);
    this.entries.set(key, { value, until: Math.min(until, now + this.maxAgeMs) });
  }

  clear(): void {
    this.entries.clear();
  }
}
