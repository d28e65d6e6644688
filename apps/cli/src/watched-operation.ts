import { setTimeout as delay } from 'node:timers/promises';
import type { Operator } from '@reflex/auth';
import { operationJson } from '@reflex/dlq';
import type { Operation } from '@reflex/event-store';
import { printJson, printLine } from './answer';
import { progressOf } from './progress';
import type { Tools } from './workspace';

const LOOK_EVERY_MS = 200;

/**
 * Waits for the end of an operation, whichever process takes its steps, and prints it. The first Ctrl-C asks it to stop: what
 * was given back already is waited for no longer, but goes on. The second leaves at once.
 */
export async function watchedToItsEnd(
  { store, operations }: Tools,
  begun: Operation,
  { by, what, json }: { by: Operator; what: string; json?: boolean },
): Promise<void> {
  if ((await store.stats()).liveWorkers === 0) {
    process.stderr.write('No worker is alive: what is given back waits until a service runs.\n');
  }
  let asked = false;
  const onInterrupt = (): void => {
    if (asked) process.exit(130);
    asked = true;
    process.stderr.write('\nStopping. Press Ctrl-C again to leave at once.\n');
    void operations.stop(begun.id, by).catch(() => undefined);
  };
  process.on('SIGINT', onInterrupt);
  const progress = progressOf(what, begun.total);
  let now = begun;
  while (now.status === 'running') {
    await delay(LOOK_EVERY_MS);
    now = await operations.get(begun.id);
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
