import type { Side } from './sides/side';
import { Tally } from './tally';
import { batchesOf, expectWaiting, finish, type DrainOptions } from './workloads';

/** What one process of several has handled, with times that the processes agree on. */
export interface Progress {
  handled: number;
  firstAt: number;
  lastAt: number;
}

/** Several processes on one queue: one of them stocks it, then all begin, and are asked how far they are. */
export const CREW = { stock, begin, progress, end };

let tally = new Tally();

async function stock(side: Side, { events, accounts }: DrainOptions): Promise<void> {
  await side.empty();
  for (const payloads of batchesOf(events, 1_000, accounts)) await side.publishMany(payloads);
  await expectWaiting(side);
}

async function begin(side: Side): Promise<void> {
  tally = new Tally();
  await side.start(() => tally.add());
}

async function progress(): Promise<Progress> {
  const { timeOrigin } = performance;
  return { handled: tally.handled, firstAt: timeOrigin + tally.firstAt, lastAt: timeOrigin + tally.lastAt };
}

async function end(side: Side): Promise<void> {
  await finish(side);
}
