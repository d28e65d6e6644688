/** Listeners that are told that something may have happened. */
export class Hints<T> {
  private readonly listeners = new Set<(value: T) => void>();

  /** Answers how to stop listening. */
  add(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(value: T): void {
    for (const listener of this.listeners) listener(value);
  }
}
