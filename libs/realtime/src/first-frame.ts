/**
 * Stands before the frames of a client that has yet to prove who it is: takes the first one for that, and lets those behind
 * it through once it did, in their order.
 */
export class FirstFrame {
  private readonly timer: NodeJS.Timeout;
  private proven: Promise<boolean> | undefined;

  constructor(
    /** Answers the frame, and whether others may follow; never throws. */
    private readonly prove: (text: string) => Promise<boolean>,
    withinMs: number,
    onLate: () => void,
  ) {
    this.timer = setTimeout(onLate, withinMs).unref();
  }

  async pass(text: string, accept: (text: string) => Promise<void>): Promise<void> {
    if (this.proven === undefined) {
      clearTimeout(this.timer);
      this.proven = this.prove(text);
      await this.proven;
    } else if (await this.proven) {
      await accept(text);
    }
  }

  /** The client is gone. */
  end(): void {
    clearTimeout(this.timer);
  }
}
