import type { RunOutcome, RunReport } from './settlement';

export interface RunRecord extends RunReport {
  id: string;
  trigger: string;
  scope: string | null;
  eventId: string;
  attempt: number;
  outcome: RunOutcome;
  traceId: string | null;
  settledAt: Date;
}

export interface RunSearch {
  trigger?: string;
  eventId?: string;
  outcome?: RunOutcome;
  /** 1 to 1,000; default 100. */
  limit?: number;
  cursor?: string;
}

/** Newest first. */
export interface RunPage {
  items: RunRecord[];
  nextCursor: string | null;
}
