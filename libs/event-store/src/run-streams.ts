import type { RunFrame } from '@reflex/core';
import type { Delivery } from './delivery';

/** How one attempt tells what it does, while it does it. */
export interface RunStream {
  /** Costs nothing but memory; what was told reaches the database within moments. */
  tell(frame: RunFrame): void;
  /**
   * Waits until all of it is stored, for a moment. Answers the id under which the run is to be recorded, so that those who
   * follow it find its end; `undefined` when there is none.
   */
  end(): Promise<string | undefined>;
}

/** Up to which frame somebody has read a run. */
export interface StreamPosition {
  runId: string;
  /** 0 before the first. */
  after: number;
}

/** What came after a position. */
export interface StreamPart {
  runId: string;
  eventId: string;
  trigger: string;
  attempt: number;
  frames: { seq: number; frame: RunFrame }[];
  /** True when there is more to read already. */
  more: boolean;
  /** False when nothing will come any more: the attempt has ended, in whatever way, and its frames are all stored. */
  live: boolean;
}

/** A run that tells, or told a short while ago, what it does. */
export interface ToldRun {
  runId: string;
  eventId: string;
}

/**
 * What runs tell while they go on: text as a model writes it, tools as they are called. Frames are numbered from 1 and kept for
 * an hour, so that whoever follows a run can go on at any process where it left off. A preview: the truth is the run's record.
 */
export abstract class RunStreams {
  abstract open(delivery: Delivery): RunStream;
  /** What came after these positions, in the same order; runs that told nothing, or too long ago, are left out. */
  abstract read(positions: readonly StreamPosition[]): Promise<StreamPart[]>;
  /** The runs of an event that tell or told, oldest first. */
  abstract ofEvent(eventId: string): Promise<ToldRun[]>;
  /** Calls back when runs, of whichever process, told something or ended. A hint only: poll as well. */
  abstract onTold(listener: (runs: ToldRun[]) => void): () => void;
}
