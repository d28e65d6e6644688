/** When to look for work of a trigger again although nothing hints at it: at the end of its throttle's window. */
export class SecondLooks {
  private readonly dueAt = new Map<number, number>();

  plan(triggerId: number, inMs: number): void {
    this.dueAt.set(triggerId, performance.now() + inMs);
  }

  /** On the process's steady clock; infinity without one. */
  get nextAt(): number {
    return Math.min(...this.dueAt.values());
  }

  /** Answers whether one was due, and strikes it off. */
  takeDue(now: number): boolean {
    let isDue = false;
    for (const [triggerId, at] of this.dueAt) {
      if (at > now) continue;
      this.dueAt.delete(triggerId);
      isDue = true;
    }
    return isDue;
  }
}
