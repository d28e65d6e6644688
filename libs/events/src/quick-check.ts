import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { rulesOf, type ValidationRule } from './event-definition';

type Fields = Record<string, unknown>;
/** Says of an object of one class and one of its fields whether it keeps to a rule. */
type Rule = (object: object, value: unknown) => boolean;

interface FieldRules {
  /** While one of them says no, the others do not count, as with `@IsOptional()`. */
  conditions: Rule[];
  rules: Rule[];
}

const PLAIN = new Set([
  ValidationTypes.CUSTOM_VALIDATION,
  ValidationTypes.CONDITIONAL_VALIDATION,
  ValidationTypes.IS_DEFINED,
  ValidationTypes.WHITELIST,
]);

const known = new WeakMap<object, Map<string, FieldRules> | null>();

/**
 * True when `validateSync` would find nothing wrong. It looks for the rules and their code anew with every object, and makes
 * an error for each field before it knows of any; here that is done once for each class. False means: ask `validateSync`,
 * either because something is wrong, or because the class has rules that are not so plain, such as those of nested objects.
 */
export function isClearlyValid(object: object): boolean {
  const target = object.constructor;
  let fields = known.get(target);
  if (fields === undefined) {
    fields = compiled(target);
    known.set(target, fields);
  }
  if (fields === null) return false;
  for (const field in object) if (Object.hasOwn(object, field) && !fields.has(field)) return false;
  for (const [field, { conditions, rules }] of fields) {
    const value = (object as Fields)[field];
    if (!conditions.every((holds) => holds(object, value))) continue;
    if (!rules.every((holds) => holds(object, value))) return false;
  }
  return true;
}

function compiled(target: object): Map<string, FieldRules> | null {
  const all = rulesOf(target);
  if (all.length === 0 || all.some(({ type }) => !PLAIN.has(type))) return null;
  const fields = new Map<string, FieldRules>();
  for (const rule of all) {
    const field = fields.get(rule.propertyName) ?? { conditions: [], rules: [] };
    fields.set(rule.propertyName, field);
    if (rule.type === ValidationTypes.CONDITIONAL_VALIDATION) field.conditions.push(conditionOf(rule));
    else if (rule.type !== ValidationTypes.WHITELIST) field.rules.push(...rulesOfOne(rule, target));
  }
  return fields;
}

function conditionOf({ constraints }: ValidationRule): Rule {
  const [condition] = constraints as [Rule];
  return condition;
}

function rulesOfOne(rule: ValidationRule, target: object): Rule[] {
  const { constraints, propertyName: property, each, validateIf } = rule;
  const targetName = (target as { name: string }).name;
  return getMetadataStorage()
    .getTargetValidatorConstraints(rule.constraintCls)
    .map(({ instance }) => (object: object, value: unknown) => {
      if (validateIf && !validateIf(object, value)) return true;
      const args = { targetName, property, object, value, constraints };
      const holds = (one: unknown) => Boolean(instance.validate(one, args));
      return each && isCollection(value) ? itemsOf(value).every((item) => holds(item)) : holds(value);
    });
}

function isCollection(value: unknown): value is unknown[] | Set<unknown> | Map<unknown, unknown> {
  return Array.isArray(value) || value instanceof Set || value instanceof Map;
}

function itemsOf(values: unknown[] | Set<unknown> | Map<unknown, unknown>): unknown[] {
  return [...values.values()];
}
