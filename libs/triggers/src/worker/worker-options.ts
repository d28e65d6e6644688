export interface WorkerOptions {
  /** Most handlers at once in this process; no more than that is claimed. */
  concurrency: number;
  /** Looks for work at least this often, in milliseconds, in case a notification is lost. */
  pollMs: number;
  /** On shutdown, handlers get this long to end before their signal aborts and their deliveries go back, in milliseconds. */
  drainMs: number;
  /** After its signal aborted, a handler gets this long to return; then it is left behind, in milliseconds. */
  graceMs: number;
}

export const WORKER_DEFAULTS: WorkerOptions = { concurrency: 64, pollMs: 1_000, drainMs: 25_000, graceMs: 1_000 };
