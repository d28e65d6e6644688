import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import type { BaseEvent } from './base-event';
import type { EventDefinition } from './event-definition';
import { type FieldProblem, UndecodableEvent } from './errors';
import { isClearlyValid } from './quick-check';
import type { EncodedEvent } from './wire-form';

type Fields = Record<string, unknown>;

/** An event with these own fields, all of them known to the class; adds what is wrong with them to `problems`. */
export function checkedInstance(definition: EventDefinition, fields: Fields, problems: FieldProblem[]): BaseEvent {
  try {
    const event = instanceOf(definition, fields);
    problems.push(...problemsOf(event));
    return event;
  } catch (error) {
    // A transformation or rule of the owner's met a value that it did not expect. That is the value's fault.
    const message = error instanceof Error ? error.message : String(error);
    problems.push({ field: '', message: `the fields cannot be read (${message})` });
    return new definition.eventClass();
  }
}

/** The stored event as an instance of its class, as it was when stored: nothing is checked, nothing is dropped. */
export function restoredInstance(definition: EventDefinition, stored: EncodedEvent, payload: Fields): BaseEvent {
  const event = definition.transforms ? transformed(definition, stored, payload) : new definition.eventClass();
  for (const field of Object.keys(payload)) {
    // Fields that the class does not declare are kept, unless they would shadow `__proto__`, a method or the envelope.
    const settable = definition.fields.has(field) ? !definition.transforms : !(field in event);
    if (settable) (event as unknown as Fields)[field] = payload[field];
  }
  event.id = stored.id;
  event.source = stored.source;
  event.timestamp = stored.timestamp;
  event.meta = stored.meta;
  return Object.defineProperty(event, 'receivedAt', {
    value: stored.receivedAt,
    enumerable: false,
    configurable: true,
  });
}

export function unknownField(field: string, owner: string): FieldProblem {
  return { field, message: `${field} is not a field of ${owner}` };
}

/** The fields that would be refused on a new object of the class with these values. */
export function refusedFields(target: new () => object, values: Fields): Set<string> {
  try {
    return new Set(problemsOf(Object.assign(new target(), values)).map((problem) => problem.field));
  } catch {
    // A rule of the owner's throws on such values; parsing answers that with a refusal too.
    return new Set(Object.keys(values));
  }
}

function transformed(definition: EventDefinition, stored: EncodedEvent, payload: Fields): BaseEvent {
  const known = Object.fromEntries(Object.entries(payload).filter(([field]) => definition.fields.has(field)));
  try {
    return instanceOf(definition, known);
  } catch (cause) {
    throw new UndecodableEvent(`The payload of event ${stored.id} cannot be read. Correct it, then retry.`, { cause });
  }
}

function instanceOf(definition: EventDefinition, fields: Fields): BaseEvent {
  // class-transformer costs many times as much, so only those pay who need it.
  if (definition.transforms) return plainToInstance(definition.eventClass, fields);
  return Object.assign(new definition.eventClass(), fields);
}

function problemsOf(event: object): FieldProblem[] {
  if (isClearlyValid(event)) return [];
  const errors = validateSync(event, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  return errors.flatMap((error) => flatten(error, ''));
}

function flatten(error: ValidationError, parent: string): FieldProblem[] {
  const field = parent + error.property;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation' ? unknownField(field, parent.slice(0, -1)) : { field, message },
  );
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, `${field}.`))];
}
