import { ENVELOPE_FIELDS } from '@reflex/core';
import { TransformationType } from 'class-transformer';
import { defaultMetadataStorage as transformations } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { BaseEvent, type EventClass } from './base-event';
import { InvalidEventClass } from './errors';
import { declarationOf, type EventTypeDeclaration } from './event-type.decorator';

/** What the registry knows of one event class. */
export interface EventDefinition extends EventTypeDeclaration {
  eventClass: EventClass;
  /** The own fields, as they stand on the wire. */
  fields: ReadonlySet<string>;
  /** Some field carries `@Type` or `@Transform`: plain JSON is not enough to make an instance. */
  transforms: boolean;
}

export type ValidationRule = ReturnType<typeof rulesOf>[number];

const TYPE_NAME = /^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/;

// The last three would collide with what the server adds when it shows an event.
const TAKEN_NAMES = new Set<string>([...ENVELOPE_FIELDS, 'receivedAt', 'tenant', 'received_at', 'deliveries']);

/** Reads the decorators of an event class; throws `InvalidEventClass` for a mistake in the declaration. */
export function defineEvent(eventClass: EventClass): EventDefinition {
  const declaration = declarationOf(eventClass);
  const name = eventClass.name;
  if (!(eventClass.prototype instanceof BaseEvent)) {
    throw new InvalidEventClass(`${name} carries @EventType but does not extend BaseEvent. Let it extend BaseEvent.`);
  }
  if (!TYPE_NAME.test(declaration.type) || declaration.type.length > 128) {
    throw new InvalidEventClass(
      `"${declaration.type}" of ${name} is not a type name. Use dotted lower case such as order.created, at most 128 characters.`,
    );
  }
  const rules = rulesOf(eventClass).filter((rule) => rule.target !== BaseEvent);
  const fields = new Set(rules.map((rule) => rule.propertyName));
  assertFields(eventClass, fields);
  for (const rule of rules) assertRule(eventClass, rule);
  return {
    ...declaration,
    eventClass,
    fields,
    transforms: [...fields].some((field) => isTransformed(eventClass, field)),
  };
}

/** All class-validator rules of a class, inherited ones included. */
export function rulesOf(target: object) {
  return getMetadataStorage().getTargetValidationMetadatas(target as () => void, '', false, false);
}

/** The class that `@Type` gives for a field, if any. */
export function nestedClassOf(target: object, field: string): (new () => object) | undefined {
  const found = transformations.findTypeMetadata(target as () => void, field);
  return found?.typeFunction() as (new () => object) | undefined;
}

function assertFields(eventClass: EventClass, fields: ReadonlySet<string>): void {
  const fresh = new eventClass();
  const initialised = Object.entries(fresh).filter(([field, value]) => field !== 'type' && value !== undefined);
  const claimed = [...fields, ...initialised.map(([field]) => field)].find((field) => TAKEN_NAMES.has(field));
  const collision = fresh.type === declarationOf(eventClass).type ? claimed : 'type';
  if (collision !== undefined) {
    throw new InvalidEventClass(
      `${eventClass.name} declares "${collision}", a name of the envelope. Rename the field.`,
    );
  }
  const bare = Object.keys(fresh).find((field) => !fields.has(field) && !TAKEN_NAMES.has(field));
  if (bare !== undefined) {
    throw new InvalidEventClass(
      `The field "${bare}" of ${eventClass.name} has no rule. Decorate it with class-validator, with @Allow() if anything goes.`,
    );
  }
}

function assertRule(eventClass: EventClass, rule: ValidationRule): void {
  const field = `The field "${rule.propertyName}" of ${eventClass.name}`;
  if (rule.type === ValidationTypes.NESTED_VALIDATION && !nestedClassOf(eventClass, rule.propertyName)) {
    throw new InvalidEventClass(`${field} is @ValidateNested() without a class. Add @Type(() => TheClass).`);
  }
  const constraints = rule.constraintCls ? getMetadataStorage().getTargetValidatorConstraints(rule.constraintCls) : [];
  if (constraints.some((constraint) => constraint.async)) {
    throw new InvalidEventClass(
      `${field} has an asynchronous rule, and events are checked without waiting. Check it in a trigger.`,
    );
  }
}

function isTransformed(eventClass: EventClass, field: string): boolean {
  return (
    transformations.findTypeMetadata(eventClass, field) !== undefined ||
    transformations.findTransformMetadatas(eventClass, field, TransformationType.PLAIN_TO_CLASS).length > 0
  );
}
