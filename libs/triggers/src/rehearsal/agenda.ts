import type { StoreClock } from '../context/database-clock';

/** Time that passes only when told to, and what is due in it. */
export class Agenda implements StoreClock {
  /** The latest first, so that the next is at the end. */
  private readonly entries: { at: number; act: () => void }[] = [];

  constructor(private now: number) {}

  nowMs(): number {
    return this.now;
  }

  /** When the next is due; `null` when nothing is. */
  get nextAt(): number | null {
    return this.entries.at(-1)?.at ?? null;
  }

  add(at: number, act: () => void): void {
    let low = 0;
    let high = this.entries.length;
    // Behind those of the same time: what was noted first is done first.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.entries[middle]!.at > at) low = middle + 1;
      else high = middle;
    }
    this.entries.splice(low, 0, { at, act });
  }

  /** Lets it be then, and does on the way what is due, each at its time. Time never goes back. */
  advance(until: number): void {
    for (let next = this.entries.at(-1); next && next.at <= until; next = this.entries.at(-1)) {
      this.entries.pop();
      this.now = Math.max(this.now, next.at);
      next.act();
    }
    this.now = Math.max(this.now, until);
  }
}
