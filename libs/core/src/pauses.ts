/** Who asked one process to be left alone for a while, known to all of them. */
export abstract class Pauses {
  /** From now on nobody should call what has this name for so long; a longer pause that was asked for before stays. */
  abstract ask(name: string, forMs: number): Promise<void>;
  /** Calls back with the pauses that go on, each with the milliseconds left: before it answers, and whenever another process asks. */
  abstract onPaused(listener: (name: string, forMs: number) => void): Promise<() => void>;
}
