import type { DryRunDecision, ReplayDryRun } from '@reflex/core';
import type { ReplayForecast } from '@reflex/event-store';
import { printLine, printTable } from '../answer';

/** By trigger, how many would be delivered and fire; then event by event, what it says and why. */
export function printDryRun({ events, deliveries, fires, verdicts, items, notes }: ReplayDryRun): void {
  printTable(
    Object.keys(verdicts).sort(),
    [
      ['TRIGGER', (trigger) => trigger],
      ['WOULD BE DELIVERED', (trigger) => deliveries[trigger] ?? 0],
      ['WOULD FIRE', (trigger) => fires[trigger] ?? 0],
      ['FILTERED', (trigger) => verdicts[trigger]!.filtered ?? 0],
      ['STILL UNDER WAY', (trigger) => verdicts[trigger]!.live ?? 0],
    ],
    `No trigger takes any of the ${events} events.`,
  );
  if (items.length === 0) return;
  printLine('');
  const rows = items.flatMap(({ event, decisions }) => decisions.map((decision) => ({ event, decision })));
  printTable(
    rows,
    [
      ['RECEIVED', ({ event }) => new Date(event.received_at)],
      ['EVENT', ({ event }) => event.id],
      ['TYPE', ({ event }) => event.type],
      ['TRIGGER', ({ decision }) => decision.trigger],
      ['WOULD', ({ decision }) => decision.verdict],
      ['WHY', ({ decision }) => whyOf(decision)],
    ],
    '',
  );
  for (const note of notes) process.stderr.write(`${note}\n`);
}

export function printForecast({ events, deliveries }: ReplayForecast): void {
  printTable(
    Object.entries(deliveries),
    [
      ['TRIGGER', ([trigger]) => trigger],
      ['WOULD BE DELIVERED', ([, count]) => count],
    ],
    `No trigger takes any of the ${events} events.`,
  );
}

function whyOf({ verdict, reason }: DryRunDecision): string | null {
  return verdict === 'fires' ? null : reason;
}
