import type { ReflexError } from '@reflex/core';
import { HandlerTimeout } from '../errors';
import type { Attempt } from './attempt';

/** How exactly timeouts are kept, in milliseconds. */
const SWEEP_MS = 50;

/** The handlers at work. One timer watches all of them, instead of one each. */
export class Attempts {
  private readonly running = new Set<Attempt>();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly graceMs: number) {}

  get size(): number {
    return this.running.size;
  }

  add(attempt: Attempt): void {
    this.running.add(attempt);
    this.timer ??= setInterval(() => this.sweep(performance.now()), SWEEP_MS);
  }

  delete(attempt: Attempt): void {
    this.running.delete(attempt);
  }

  interruptAll(reason: ReflexError, graceMs: number): void {
    for (const attempt of this.running) attempt.interrupt(reason, graceMs);
  }

  private sweep(now: number): void {
    for (const attempt of this.running) {
      if (now < attempt.dueAt) continue;
      if (attempt.interruption) attempt.leaveBehind();
      else attempt.interrupt(new HandlerTimeout(attempt.trigger, attempt.timeoutMs), this.graceMs);
    }
    if (this.running.size > 0) return;
    clearInterval(this.timer ?? undefined);
    this.timer = null;
  }
}
