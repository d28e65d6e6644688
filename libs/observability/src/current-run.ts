import { AsyncLocalStorage } from 'node:async_hooks';
import type { RunFrame, RunLedger, RunUsage } from '@reflex/core';

/** The attempt that the calling code works for; set by the worker, read by agents, tools and the logger. */
export interface CurrentRun {
  trigger: string;
  scope: string | null;
  eventId: string;
  traceId: string;
  correlationId: string;
  attempt: number;
  /** Aborts on timeout, shutdown and lost lease. */
  signal: AbortSignal;
  /** Agents add what they used; the worker stores it with the run. */
  usage: RunUsage;
  /** Lets people see what the run does while it does it; absent where nobody can follow it. */
  tell?(frame: RunFrame): void;
  /** Nothing may come of it: nothing is published or called that acts. */
  rehearsal?: boolean;
  /** What this delivery did outside in this and earlier attempts; absent where nothing is attempted again. */
  ledger?: RunLedger;
}

const storage = new AsyncLocalStorage<CurrentRun>();

/** The run in whose call tree we are, or `undefined` outside of any. */
export function currentRun(): CurrentRun | undefined {
  return storage.getStore();
}

/** Does the work with `run` as the current one, also behind what it awaits. */
export function runWith<T>(run: CurrentRun, work: () => T): T {
  return storage.run(run, work);
}
