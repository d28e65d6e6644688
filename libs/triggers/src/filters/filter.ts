import type { BaseEvent } from '@reflex/events';
import { TriggerSetupError } from '../errors';
import type { DecisionContext } from '../context/decision-context';
import { type Described, type Witness, witnessed } from '../witness';

/** What a filter answers; with `retryInMs` it says "later" instead of "no". */
export type Verdict = { pass: true } | { pass: false; reason: string; retryInMs?: number };

/** A witness is there when the decision is to be explained; it must not change it. */
export type Check = (context: DecisionContext, witness?: Witness) => Verdict;

export const PASS: Verdict = { pass: true };

/** What a filter is made of. */
export interface FilterParts extends Described {
  /** How reasons and `GET /triggers` name it. */
  text: string;
  /** It remembers earlier events, so its trigger needs a scope and a persisted context. */
  stateful: boolean;
  /** Makes the check. `place` is where the filter stands in its tree, and the key of what it remembers. */
  compile: (place: string) => Check;
}

/** Decides, fast and without I/O, whether an event concerns a trigger. */
export class Filter<E extends BaseEvent = BaseEvent> {
  /** Only for types: a filter for some events is no filter for all events. */
  declare protected readonly accepts: (event: E) => void;

  readonly parts: FilterParts;

  constructor(
    parts: FilterParts,
    /** Set on `and`/`or`, so that longer chains stay flat and keep the places of their parts. */
    readonly chain?: { kind: 'and' | 'or'; filters: Filter<never>[] },
  ) {
    this.parts = { ...parts, compile: (place) => witnessed(parts, parts.compile(place)) };
  }

  and<F extends E>(other: Filter<F>): Filter<F> {
    return allOf<F>(...flat<F>('and', this), other);
  }

  or<F extends E>(other: Filter<F>): Filter<F> {
    return anyOf<F>(...flat<F>('or', this), other);
  }
}

/** Passes when all pass; looks no further after the first "no". */
export function allOf<E extends BaseEvent = BaseEvent>(...filters: Filter<E>[]): Filter<E> {
  return joined('and', filters, (checks) => (context, witness) => {
    for (const check of checks) {
      const verdict = check(context, witness);
      if (!verdict.pass) return verdict;
    }
    return PASS;
  });
}

/** Passes when one passes; looks no further after it. */
export function anyOf<E extends BaseEvent = BaseEvent>(...filters: Filter<E>[]): Filter<E> {
  return joined('or', filters, (checks) => (context, witness) => {
    const refusals: Exclude<Verdict, { pass: true }>[] = [];
    for (const check of checks) {
      const verdict = check(context, witness);
      if (verdict.pass) return PASS;
      refusals.push(verdict);
    }
    const waits = refusals.flatMap(({ retryInMs }) => (retryInMs === undefined ? [] : [retryInMs]));
    const reason = refusals.map((refusal) => refusal.reason).join('; ');
    return { pass: false, reason, ...(waits.length > 0 && { retryInMs: Math.min(...waits) }) };
  });
}

/** Turns a filter round. Filters that remember cannot be: only what passes is remembered. */
export function not<E extends BaseEvent = BaseEvent>(filter: Filter<E>): Filter<E> {
  const { text, stateful, compile } = filter.parts;
  if (stateful) {
    throw new TriggerSetupError(
      `not(${text}) can never pass: dedupe and rateLimit remember only what passed. Remove the not.`,
    );
  }
  const refusal: Verdict = { pass: false, reason: `not ${text}: it matches` };
  return new Filter<E>({
    name: 'not',
    args: [],
    children: [filter],
    text: `not ${text}`,
    stateful,
    compile: (place) => {
      const check = compile(place);
      return (context, witness) => (check(context, witness).pass ? refusal : PASS);
    },
  });
}

function joined<E extends BaseEvent>(
  kind: 'and' | 'or',
  filters: Filter<E>[],
  combine: (checks: Check[]) => Check,
): Filter<E> {
  if (filters.length === 0) throw new TriggerSetupError('allOf and anyOf need at least one filter. Give one.');
  return new Filter<E>(
    {
      name: kind,
      args: [],
      children: filters,
      text: `(${filters.map((filter) => filter.parts.text).join(` ${kind} `)})`,
      stateful: filters.some((filter) => filter.parts.stateful),
      compile: (place) => combine(filters.map((filter, index) => filter.parts.compile(`${place}.${index}`))),
    },
    { kind, filters: filters as unknown as Filter<never>[] },
  );
}

function flat<E extends BaseEvent>(kind: 'and' | 'or', filter: Filter<E>): Filter<E>[] {
  return filter.chain?.kind === kind ? (filter.chain.filters as unknown as Filter<E>[]) : [filter];
}
