import type { Duration } from '@reflex/core';

/**
 * What becomes of ticks that were due while no process ran: none (`skip`), one for all of them (`once`, default), or each
 * (`catchUp`).
 */
export type MissedPolicy = 'skip' | 'once' | 'catchUp';

export const MISSED_POLICIES: readonly MissedPolicy[] = ['skip', 'once', 'catchUp'];

/** How a timer is written: a cron expression, read in a time zone, or a span of time. */
export type Rhythm = ({ cron: string; tz?: string; every?: never } | { every: Duration; cron?: never; tz?: never }) & {
  missed?: MissedPolicy;
};

/** A timer as it is kept. One of `cron` and `everyMs` is set. */
export interface TimerDefinition {
  name: string;
  /** Five fields, or six with seconds first. */
  cron: string | null;
  everyMs: number | null;
  /** IANA name; `UTC` for a timer without cron. */
  tz: string;
  missed: MissedPolicy;
}
