import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { BaseEvent } from './base-event';
import { type EventDefinition, nestedClassOf, rulesOf, type ValidationRule } from './event-definition';
import { refusedFields } from './own-fields';
import { allOf, type JsonSchema, schemaOfRule } from './rule-schemas';

type ObjectClass = new () => object;

/** What a client may send as an event of this type, as JSON Schema draft 2020-12. */
export function schemaOf(definition: EventDefinition): JsonSchema {
  const nested = new NestedSchemas();
  const own = objectSchema(definition.eventClass, nested);
  const { type, description, example } = definition;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: definition.eventClass.name,
    ...(description === undefined ? {} : { description }),
    type: 'object',
    properties: { ...envelopeProperties(type), ...(own['properties'] as object) },
    required: ['type', ...(own['required'] as string[])],
    additionalProperties: false,
    ...(example === undefined ? {} : { examples: [{ type, source: 'docs', ...example }] }),
    ...nested.definitions(),
  };
}

function envelopeProperties(type: string): JsonSchema {
  const text = (maxLength: number, description: string) => ({ type: 'string', minLength: 1, maxLength, description });
  return {
    id: text(128, 'Yours, if sending twice must be harmless; the same id is stored once.'),
    type: { const: type },
    source: text(256, 'Where it comes from.'),
    timestamp: { type: 'string', format: 'date-time', description: 'When it happened; default now.' },
    meta: {
      type: 'object',
      properties: {
        trace_id: text(128, 'Joins the spans of one request.'),
        correlation_id: text(128, 'Shared by an event and everything that follows from it.'),
        causation_id: { type: ['string', 'null'], readOnly: true, description: 'The event that caused this one.' },
        depth: { type: 'integer', readOnly: true, description: '0 from outside, parent + 1 for a follow-up.' },
      },
      additionalProperties: false,
    },
  };
}

/** The classes of nested objects, each under a name of its own in `$defs`; a class may contain itself. */
class NestedSchemas {
  private readonly names = new Map<ObjectClass, string>();
  private readonly schemas: JsonSchema = {};

  refTo(nested: ObjectClass): JsonSchema {
    let name = this.names.get(nested);
    if (name === undefined) {
      const isTaken = Object.hasOwn(this.schemas, nested.name);
      name = isTaken ? `${nested.name}${this.names.size}` : nested.name;
      this.names.set(nested, name);
      this.schemas[name] = {};
      this.schemas[name] = objectSchema(nested, this);
    }
    return { $ref: `#/$defs/${name}` };
  }

  definitions(): JsonSchema {
    return this.names.size > 0 ? { $defs: this.schemas } : {};
  }
}

function objectSchema(target: ObjectClass, nested: NestedSchemas): JsonSchema {
  const rules = rulesOf(target).filter((rule) => rule.target !== BaseEvent);
  const byField = getMetadataStorage().groupByPropertyName(rules);
  const fresh = new target() as Record<string, unknown>;
  // Asking the validator itself what it makes of a missing field and of null is exact, whatever rules decide it.
  const required = refusedFields(target, {});
  const properties: JsonSchema = {};
  for (const [field, fieldRules] of Object.entries(byField)) {
    const schema = fieldSchema(target, field, fieldRules, nested);
    const isNullable = !refusedFields(target, { [field]: null }).has(field);
    const initial = fresh[field] === undefined ? {} : { default: fresh[field] };
    properties[field] = { ...(isNullable ? orNull(schema) : schema), ...initial };
  }
  return {
    type: 'object',
    properties,
    required: Object.keys(byField).filter((field) => required.has(field)),
    additionalProperties: false,
  };
}

function fieldSchema(target: ObjectClass, field: string, rules: ValidationRule[], nested: NestedSchemas): JsonSchema {
  const whole: JsonSchema[] = [];
  const items: JsonSchema[] = [];
  for (const rule of rules) {
    const isNested = rule.type === ValidationTypes.NESTED_VALIDATION;
    const schema = isNested ? nestedSchema(target, field, nested) : schemaOfRule(rule.name, rule.constraints ?? []);
    const isOfItems = rule.each || (isNested && isArrayField(target, field, rules));
    (isOfItems ? items : whole).push(schema);
  }
  if (items.length > 0) whole.push({ type: 'array', items: allOf(items) });
  return allOf(whole);
}

function nestedSchema(target: ObjectClass, field: string, nested: NestedSchemas): JsonSchema {
  const nestedClass = nestedClassOf(target, field);
  return nestedClass ? nested.refTo(nestedClass) : { type: 'object' };
}

function isArrayField(target: ObjectClass, field: string, rules: ValidationRule[]): boolean {
  return (
    Reflect.getMetadata('design:type', target.prototype as object, field) === Array ||
    rules.some((rule) => /^(isArray|array[A-Z])/.test(rule.name ?? ''))
  );
}

function orNull(schema: JsonSchema): JsonSchema {
  const keywords = Object.keys(schema);
  if (keywords.length === 0) return schema;
  const isPlain = typeof schema['type'] === 'string' && !keywords.some((word) => /^(enum|const|not|allOf)$/.test(word));
  return isPlain ? { ...schema, type: [schema['type'], 'null'] } : { anyOf: [schema, { type: 'null' }] };
}
