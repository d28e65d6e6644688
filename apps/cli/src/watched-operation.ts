import { setTimeout as delay } from 'node:timers/promises';
import type { Operator } from '@reflex/auth';
import { operationJson } from '@reflex/dlq';
import type { Operation } from '@reflex/event-store';
import { printJson, printLine } from './answer';
import { progressOf } from './progress';
import type { Tools } from './workspace';

const LOOK_EVERY_MS = 200;

interface Watching {
  by: Operator;
  /** What is counted. */
  what: string;
  json?: boolean;
}

/**
 * Begins an operation, waits for its end, whichever process takes its steps, and prints it. The first Ctrl-C asks it to stop:
 * what was given back already goes on. The second leaves at once.
 */
export async function watchedToItsEnd(
  { store, operations }: Tools,
  begin: () => Promise<Operation>,
  { by, what, json }: Watching,
): Promise<void> {
  if ((await store.stats()).liveWorkers === 0) {
    process.stderr.write('No worker is alive: what is given back waits until a service runs.\n');
  }
  const asked = new AbortController();
  const onInterrupt = (): void => {
    if (asked.signal.aborted) process.exit(130);
    process.stderr.write('\nStopping. Press Ctrl-C again to leave at once.\n');
    asked.abort();
  };
  // Before it begins, so that none goes on that was told to stop.
  process.on('SIGINT', onInterrupt);
  let now = await begin();
  const progress = progressOf(what, now.total);
  let isTold = false;
  while (now.status === 'running') {
    if (asked.signal.aborted && !isTold) {
      isTold = true;
      now = await operations.stop(now.id, by);
    } else {
      await delay(LOOK_EVERY_MS, undefined, { signal: isTold ? undefined : asked.signal }).catch(() => undefined);
      now = await operations.get(now.id);
    }
    progress.at(now.succeeded + now.failed);
  }
  progress.end();
  process.off('SIGINT', onInterrupt);
  if (json) printJson(operationJson(now));
  else printLine(summaryOf(now));
  if (now.status !== 'done' || now.failed > 0) process.exitCode = 1;
}

function summaryOf({ kind, status, total, done, skipped, succeeded, failed, waiting, reason }: Operation): string {
  const isReplay = kind === 'events.replay';
  const given = isReplay ? 'delivered again' : 'given back';
  const left = skipped > 0 ? ` ${skipped} were left alone, because they are still under way.` : '';
  const ends = `${succeeded} succeeded, ${failed} gave up${isReplay ? '' : ' again'}, ${waiting} wait`;
  const counts = `${done} of ${total} were ${given}: ${ends}.${left}`;
  return status === 'done' ? counts : `Stopped. ${counts} ${reason ?? ''}`.trimEnd();
}
