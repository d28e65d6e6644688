import { painter, printable } from './terminal-tree';

/** A firing that is not in both: it would be `new`, or is `gone`. As it travels. */
export interface BacktestDifference {
  change: 'new' | 'gone';
  event: { id: string; type: string; source: string; received_at: string };
  scope: string | null;
  /** A timer woke the context; the event is its tick. */
  timer: boolean;
  /** For `gone`, what filter or condition says now; for `new`, what was recorded. */
  reason: string;
  /** The recorded run; `null` when there is none. */
  run: string | null;
}

/** What a trigger would have done over recorded history, beside what it did. As it travels. */
export interface Backtest {
  trigger: string;
  from: string;
  to: string;
  /** Events before `from` that were gone through first, so that windows are full at `from`, begin here. */
  warm_up_from: string;
  /** The values of its parameters. */
  params: Record<string, number | string | boolean>;
  /** Those of them that are not as in code, as they are there. */
  changed: Record<string, number | string | boolean>;
  /** How many events were decided about between `from` and `to`. */
  events: number;
  would_fire: number;
  did_fire: number;
  /** How many of both are in one of them only. */
  differ: number;
  /** Oldest first, at most 1,000. */
  differences: BacktestDifference[];
  /** How the decisions were; of an event that was put off, each. */
  verdicts: Record<'fires' | 'filtered' | 'deferred' | 'accumulated' | 'fails', number>;
  /** What to know when reading this. */
  notes: string[];
}

const MOST_LINES = 20;

/** The outcome as lines for the terminal. */
export function backtestText(backtest: Backtest, { colours = false, all = false } = {}): string {
  const paint = painter(colours);
  const { trigger, would_fire: would, did_fire: did, differ, differences, changed, params, notes } = backtest;
  const shown = differences.slice(0, all ? undefined : MOST_LINES);
  const values = Object.keys(changed).map((name) => `${name} ${changed[name]} → ${params[name]}`);
  const outcome = `would fire ${times(would)}, was ${did}`;
  const ending = differ === 0 ? 'no difference' : `${differ === 1 ? 'this' : 'these'} ${differ} differ`;
  const lines = shown.map(({ change, event, scope, timer, reason }) => {
    const sign = change === 'new' ? paint('green', '+ new ') : paint('red', '- gone');
    const what = timer ? 'timer' : `${printable(event.type)} ${paint('grey', printable(event.id))}`;
    const where = scope === null ? '' : ` in ${printable(scope)}`;
    return `${sign}  ${event.received_at}  ${what}${where} · ${printable(reason)}`;
  });
  const rest = differ - shown.length;
  return [
    `${printable(trigger)}${values.length > 0 ? ` with ${printable(values.join(', '))}` : ''}: ${outcome}; ${ending}.`,
    ...lines,
    ...(rest > 0 ? [paint('grey', `and ${rest} more`)] : []),
    ...notes.map((note) => paint('grey', printable(note))),
  ].join('\n');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
