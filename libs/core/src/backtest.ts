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

/** What came of calling the handler again. As it travels. */
export interface BacktestAnswer {
  event: string;
  run: string;
  /** `stale`: it asks what is not on record, since a prompt or a tool has changed, or the record is too old. */
  verdict: 'same' | 'differs' | 'stale' | 'fails';
  reason: string | null;
  /** What the recorded handler returned. */
  was: unknown;
  would: unknown;
}

export interface BacktestAnswers {
  /** Where answers of models came from; `model` asked one for what was not on record. */
  from: 'recorded' | 'model';
  same: number;
  differ: number;
  stale: number;
  fail: number;
  /** Those that are not the same. */
  items: BacktestAnswer[];
  /** Firings of both, but no handler was called for them: there were too many. */
  left_out: number;
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
  /** What the handlers answered; `null` when none was called. */
  answers: BacktestAnswers | null;
  /** How the decisions were; of an event that was put off, each. */
  verdicts: Record<'fires' | 'filtered' | 'deferred' | 'accumulated' | 'fails', number>;
  /** What to know when reading this. */
  notes: string[];
}

const MOST_LINES = 20;
const MAX_JSON = 300;

type Paint = ReturnType<typeof painter>;

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
    ...(backtest.answers ? answerLines(backtest.answers, paint) : []),
    ...notes.map((note) => paint('grey', printable(note))),
  ].join('\n');
}

function answerLines({ same, differ, stale, fail, items, left_out }: BacktestAnswers, paint: Paint): string[] {
  const counts = [`${same} the same`, `${differ} differ`, `${stale} stale`, ...(fail > 0 ? [`${fail} fail`] : [])];
  const signs = {
    same: paint('grey', '= same '),
    differs: paint('yellow', '~ other'),
    stale: paint('grey', '? stale'),
    fails: paint('red', '! fails'),
  };
  return [
    `Answers: ${counts.join(', ')}${left_out > 0 ? `; ${left_out} were left out` : ''}.`,
    ...items.slice(0, MOST_LINES).map(({ verdict, event, reason, was, would }) => {
      const change = `${shortJson(was)} → ${shortJson(would)}`;
      return `${signs[verdict]}  ${paint('grey', printable(event))} · ${printable(reason ?? change)}`;
    }),
  ];
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_JSON ? `${text.slice(0, MAX_JSON).toWellFormed()}…` : text;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
