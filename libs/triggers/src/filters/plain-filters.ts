import { globMatcher } from '@reflex/core';
import { type BaseEvent, payloadOf } from '@reflex/events';
import { STATE, type DecisionContext } from '../context/decision-context';
import { TriggerSetupError } from '../errors';
import { assertSynchronous } from '../synchronous';
import { fieldReader } from './field-path';
import { type Check, Filter, type FilterParts, PASS, type Verdict } from './filter';

/** Passes events whose type matches one of the globs, in which `*` stands for any characters. */
export function type(...globs: string[]): Filter {
  return globFilter('type', globs);
}

/** Passes events whose source matches one of the globs, in which `*` stands for any characters. */
export function source(...globs: string[]): Filter {
  return globFilter('source', globs);
}

/** Passes events of which some text holds one of the words: type, source, and all values of the event's own fields. Case does not matter. */
export function keyword(...words: string[]): Filter {
  assertSome('keyword', words);
  const wanted = words.map((word) => word.toLowerCase());
  const refusal: Verdict = { pass: false, reason: `keyword: none of ${words.join(', ')}` };
  return plainFilter({ name: 'keyword', args: words, text: `keyword ${words.join(', ')}` }, ({ event }, witness) => {
    const fields = payloadOf(event);
    const values = [event.type, event.source, fields];
    witness?.saw({ type: event.type, source: event.source, fields });
    return values.some((value) => holdsWord(value, wanted)) ? PASS : refusal;
  });
}

/** Passes events whose field at the path (`severity`, `user.id`) equals the value, or satisfies the predicate. */
export function field(path: string, wanted: unknown): Filter {
  const read = fieldReader(path);
  if (typeof wanted === 'function') {
    const predicate = wanted as (value: unknown) => unknown;
    return plainFilter({ name: 'field', args: [path, predicate], text: `field ${path}` }, ({ event }, witness) => {
      const value = read(event);
      witness?.saw({ value });
      return holds(`field(${path})`, predicate(value)) ? PASS : no(`field ${path}: ${shown(value)} does not satisfy`);
    });
  }
  return plainFilter(
    { name: 'field', args: [path, wanted], text: `field ${path} = ${shown(wanted)}` },
    ({ event }, witness) => {
      const value = read(event);
      witness?.saw({ value });
      return Object.is(value, wanted) ? PASS : no(`field ${path}: ${shown(value)} is not ${shown(wanted)}`);
    },
  );
}

/** Passes what the function says yes to. It must decide at once; `name` is what a "no" is explained by. */
export function where<E extends BaseEvent = BaseEvent>(
  decide: (event: E, context: DecisionContext<E>) => boolean,
  name = decide.name || 'where',
): Filter<E> {
  const refusal = no(`where: ${name} says no`);
  const check: Check = (context) =>
    holds(`where(${name})`, decide(context.event as E, context as DecisionContext<E>)) ? PASS : refusal;
  return new Filter<E>({ name: 'where', args: [name], text: `where ${name}`, stateful: false, compile: () => check });
}

function plainFilter(words: Pick<FilterParts, 'name' | 'args' | 'text'>, check: Check): Filter {
  return new Filter({ ...words, stateful: false, compile: () => check });
}

function globFilter(part: 'type' | 'source', globs: string[]): Filter {
  assertSome(part, globs);
  const matches = globMatcher(globs);
  const list = globs.join(', ');
  return plainFilter({ name: part, args: globs, text: `${part} ${list}` }, (context, witness) => {
    const value = context[STATE].input.stored[part];
    witness?.saw({ value });
    return matches(value) ? PASS : no(`${part}: ${value} is not ${list}`);
  });
}

function assertSome(name: string, words: string[]): void {
  if (words.length === 0 || words.some((word) => typeof word !== 'string' || word === '')) {
    throw new TriggerSetupError(`${name}() needs one or more non-empty texts. Give at least one.`);
  }
}

function holdsWord(value: unknown, words: readonly string[]): boolean {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'object') {
      if (next !== null) pending.push(...(Array.isArray(next) ? next : Object.values(next)));
    } else if (next !== undefined) {
      const text = (typeof next === 'string' ? next : JSON.stringify(next)).toLowerCase();
      if (words.some((word) => text.includes(word))) return true;
    }
  }
  return false;
}

function holds(what: string, answer: unknown): boolean {
  assertSynchronous(what, answer);
  return Boolean(answer);
}

function no(reason: string): Verdict {
  return { pass: false, reason };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
