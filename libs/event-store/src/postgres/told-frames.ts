import type { RunFrame } from '@reflex/core';
import type { Delivery } from '../delivery';
import { storableText } from '../failure';
import type { RunStream } from '../run-streams';

/** Characters of one run that wait to be stored; of a run that tells more while the database is away nothing further is kept. */
const MAX_WAITING = 300_000;

/** Frames of one attempt on their way to the database. */
export class ToldFrames implements RunStream {
  /** Known once the first frames are stored. */
  runId: string | undefined;
  private seq = 0;
  private waiting: RunFrame[] = [];
  private numbered: [seq: number, frame: RunFrame][] = [];
  private size = 0;
  private ended = false;
  private abandoned = false;

  constructor(
    readonly delivery: Delivery,
    private readonly onTold: (stream: ToldFrames) => void,
    private readonly flushed: (stream: ToldFrames) => Promise<void>,
  ) {}

  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.numbered.length === 0;
  }

  tell(frame: RunFrame): void {
    if (this.ended || this.abandoned || this.size > MAX_WAITING) return;
    this.size += JSON.stringify(frame).length;
    const last = this.waiting.at(-1);
    // What a model writes in one moment is one frame.
    if (frame.type === 'token' && last?.type === 'token' && last.turn === frame.turn) {
      this.waiting[this.waiting.length - 1] = { ...last, text: last.text + frame.text };
    } else {
      this.waiting.push(frame);
    }
    this.onTold(this);
  }

  async end(): Promise<string | undefined> {
    this.ended = true;
    if (!this.isEmpty) await this.flushed(this);
    this.abandon();
    return this.runId;
  }

  /** Nothing more of it is to be stored. */
  abandon(): void {
    this.abandoned = true;
    this.waiting = [];
    this.numbered = [];
  }

  /** What is to be stored now. Stays on its way until `stored`; numbers never change, so it can be sent twice. */
  take(): [seq: number, frame: RunFrame][] {
    for (const frame of this.waiting.splice(0)) this.numbered.push([(this.seq += 1), storable(frame)]);
    return this.numbered;
  }

  stored(runId: string): void {
    this.runId = runId;
    this.numbered = [];
    this.size = 0;
    for (const frame of this.waiting) this.size += JSON.stringify(frame).length;
  }
}

// What was told in one moment may end within a UTF-16 pair, which PostgreSQL does not hold.
function storable(frame: RunFrame): RunFrame {
  return frame.type === 'token' ? { ...frame, text: storableText(frame.text, Infinity) } : frame;
}
