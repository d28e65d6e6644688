import type { ConditionTestimony, Testimony } from '@reflex/core';

/** How a filter or condition describes itself. */
export interface Described {
  name: string;
  args: readonly unknown[];
  /** What it is composed of, in the order in which it asks. */
  children?: readonly { parts: Described }[];
}

type Answer = { reason?: string } & ({ pass: boolean } | { fire: boolean });
type Ask<C, A> = (context: C, witness?: Witness) => A;

const MAX_TEXT = 200;

/**
 * Stands beside the questions that a decision asks, and remembers what was looked at and what was said. Workers decide
 * without one; explaining a decision is making it with one.
 */
export class Witness {
  private readonly heard: Testimony[] = [];
  private seen: Record<string, unknown> | null = null;

  /** What was said to the outermost question; `null` when nobody asked. */
  get testimony(): Testimony | null {
    return this.heard[0] ?? null;
  }

  /** Told by the one who is asked. */
  saw(values: Record<string, unknown>): void {
    this.seen = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shortened(value)]));
  }

  attend<A extends Answer>(parts: Described, ask: (inner: Witness) => A): A {
    const inner = new Witness();
    try {
      const answer = ask(inner);
      const pass = 'pass' in answer ? answer.pass : answer.fire;
      this.heard.push(inner.told(parts, pass, answer.reason ?? null));
      return answer;
    } catch (error) {
      this.heard.push(inner.told(parts, false, `it throws: ${(error as Error).message}`));
      throw error;
    }
  }

  private told(parts: Described, pass: boolean, reason: string | null): Testimony {
    const unasked = (parts.children ?? []).slice(this.heard.length).map((child) => notAsked(child.parts));
    const { name, args } = parts;
    return { name, args: args.map(shortened), pass, saw: this.seen, reason, children: [...this.heard, ...unasked] };
  }
}

/** Lets a witness, if there is one, attend the question. */
export function witnessed<C, A extends Answer>(parts: Described, ask: Ask<C, A>): Ask<C, A> {
  return (context, witness) =>
    witness === undefined ? ask(context) : witness.attend(parts, (inner) => ask(context, inner));
}

function notAsked({ name, args, children = [] }: Described): Testimony {
  const told = { name, args: args.map(shortened), pass: null, saw: null, reason: null };
  return { ...told, children: children.map((child) => notAsked(child.parts)) };
}

function shortened(value: unknown): unknown {
  if (typeof value === 'function') return value.name || 'function';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text === undefined) return null;
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1).toWellFormed()}…` : value;
}

/** The same in the words of a condition. */
export function asCondition(testimony: Testimony | null): ConditionTestimony | null {
  if (!testimony) return null;
  const { pass, children, ...rest } = testimony;
  return { ...rest, met: pass, children: children.map((child) => asCondition(child)!) };
}
