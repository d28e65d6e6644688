import { drawTree, painter, printable, type Colour, type TreeLine } from './terminal-tree';

/** One filter or condition of a trigger, as it was asked about an event. */
export interface Testimony {
  name: string;
  args: unknown[];
  /** `null`: not asked, because the answer was clear before. */
  pass: boolean | null;
  /** The values it looked at. */
  saw: Record<string, unknown> | null;
  /** Why it said no. */
  reason: string | null;
  children: Testimony[];
}

/** The same for a condition, which is met rather than passed. */
export type ConditionTestimony = Omit<Testimony, 'pass' | 'children'> & {
  met: boolean | null;
  children: ConditionTestimony[];
};

/**
 * `fires` the handler would run · `filtered` a filter says no · `deferred` a filter says later · `accumulated` the condition
 * says not yet · `fails` it cannot be judged, so that the delivery fails · `paused` `inactive` `wrong_type` nothing is handed
 * out · `unknown` the code of the trigger is not here.
 */
export type ExplainedVerdict =
  'fires' | 'filtered' | 'deferred' | 'accumulated' | 'fails' | 'paused' | 'inactive' | 'wrong_type' | 'unknown';

/** Why a trigger acts on an event or does not: what would happen now, and what did happen. As it travels. */
export interface Explanation {
  trigger: string;
  event: { id: string; type: string; source: string; received_at: string };
  verdict: ExplainedVerdict;
  /** The verdict in a sentence. */
  reason: string;
  type: { pass: boolean; patterns: string[]; reason: string | null };
  paused: boolean;
  active: boolean;
  scope: string | null;
  /** What the trigger remembers of the scope; `null` when nothing. */
  context: { events: number; last_action_at: string | null } | null;
  filter: Testimony | null;
  condition: ConditionTestimony | null;
  happened: {
    /** Of the delivery; `null` when there is no trace of one. */
    status: string | null;
    error: string | null;
    runs: ExplainedRun[];
  };
  /** What to know when reading this. */
  notes: string[];
}

/** Newest first. */
export interface ExplainedRun {
  id: string;
  attempt: number;
  outcome: string;
  reason: string | null;
  error: string | null;
  settled_at: string;
}

const MAX_SAW = 200;

/** The explanation as lines for the terminal. */
export function explanationText(explanation: Explanation, { colours = false } = {}): string {
  const paint = painter(colours);
  const { trigger, event, verdict, reason, type, scope, context, filter, condition, happened, notes } = explanation;
  const line = (text: string, children: TreeLine[] = []): TreeLine => ({ text, children });
  const remembers = context === null ? '' : `, ${context.events} events remembered`;
  const root = line(`${printable(trigger)} for ${printable(event.type)} ${paint('grey', printable(event.id))}`, [
    line(`${answer(type.pass, paint)} type ${type.patterns.map(printable).join(', ')}`),
    ...(scope === null ? [] : [line(`scope ${printable(scope)}${remembers}`)]),
    ...(filter ? [line('filter', [testimonyLine(filter, paint)])] : []),
    ...(condition ? [line('condition', [testimonyLine(asTestimony(condition), paint)])] : []),
    line(
      happened.status === null ? 'no delivery is known' : `delivery ${happened.status.replace('_', ' ')}`,
      happened.runs.map(({ attempt, outcome, reason: why, error, settled_at }) =>
        line(
          [`${settled_at} attempt ${attempt} ${outcome.replace('_', ' ')}`, why, error]
            .flatMap((text) => (text === null ? [] : [printable(text)]))
            .join(' · '),
        ),
      ),
    ),
  ]);
  const colour: Colour = verdict === 'fires' ? 'green' : 'yellow';
  const ending = `${paint(colour, verdict.replace('_', ' '))}: ${printable(reason)}`;
  return [drawTree([root]), ending, ...notes.map((note) => paint('grey', printable(note)))].join('\n');
}

function testimonyLine({ name, args, pass, saw, reason, children }: Testimony, paint: Paint): TreeLine {
  const shownArgs = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(', ');
  const seen = saw === null ? '' : ` ${paint('grey', printable(`saw ${JSON.stringify(saw).slice(0, MAX_SAW)}`))}`;
  const why = reason === null || children.length > 0 ? '' : ` · ${printable(reason)}`;
  const text = `${answer(pass, paint)} ${printable(`${name} ${shownArgs}`)}${why}${seen}`;
  return { text, children: children.map((child) => testimonyLine(child, paint)) };
}

function asTestimony({ met, children, ...rest }: ConditionTestimony): Testimony {
  return { ...rest, pass: met, children: children.map(asTestimony) };
}

type Paint = ReturnType<typeof painter>;

function answer(pass: boolean | null, paint: Paint): string {
  if (pass === null) return paint('grey', 'not asked');
  return pass ? paint('green', 'yes') : paint('red', 'no');
}
