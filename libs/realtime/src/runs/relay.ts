import type { RunFrame, ServerFrame } from '@reflex/core';
import type { RunRecord, StreamPart } from '@reflex/event-store';
import type { Connection } from '../connection';
import type { Follower } from './run-follower';

/** A client that leaves its frames unread for so long is closed; it may come back and go on where it was. */
const PATIENCE_MS = 10_000;

/** Sends what a run tells to the connection that asked for it. */
export class Relay implements Follower {
  private fullSince: number | null = null;

  constructor(
    private readonly connection: Connection,
    private readonly onEnd: (run: RunRecord | null) => void,
  ) {}

  ready(): boolean {
    if (!this.connection.isFull) {
      this.fullSince = null;
      return true;
    }
    const now = performance.now();
    this.fullSince ??= now;
    if (now - this.fullSince > PATIENCE_MS) this.connection.closeAsSlow();
    return false;
  }

  take({ runId, eventId, trigger, frames }: StreamPart): void {
    for (const { seq, frame } of frames) {
      const about = { event_id: eventId, trigger, run_id: runId, seq };
      this.connection.send({ ...about, ...this.shown(frame) } satisfies ServerFrame);
    }
  }

  end(run: RunRecord | null): void {
    this.onEnd(run);
  }

  // Who may only write gets answers, not what tools read and did.
  private shown(frame: RunFrame): RunFrame {
    if (frame.type === 'token' || this.connection.mayRead) return frame;
    const { input: _input, output: _output, error: _error, ...rest } = frame;
    return rest;
  }
}
