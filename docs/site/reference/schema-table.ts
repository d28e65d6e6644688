import { code, prose, table } from './markdown';

/** The parts of JSON Schema and of OpenAPI's schemas that the reference shows. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  readOnly?: boolean;
  [limit: string]: unknown;
}

type Schemas = Record<string, Schema>;

const LIMITS: Record<string, string> = {
  minimum: '≥',
  maximum: '≤',
  exclusiveMinimum: '>',
  exclusiveMaximum: '<',
  minLength: 'length ≥',
  maxLength: 'length ≤',
  minItems: 'items ≥',
  maxItems: 'items ≤',
  multipleOf: 'a multiple of',
};

/** A row for each field of an object; without the fields named in `left out`. */
export function fieldTable(schema: Schema, schemas: Schemas, leftOut: readonly string[] = []): string {
  const { properties = {}, required = [] } = resolved(schema, schemas);
  const rows = Object.entries(properties)
    .filter(([name]) => !leftOut.includes(name))
    .map(([name, field]) => [
      code(name),
      typeOf(field, schemas),
      withRequired(required.includes(name), prose(aboutOf(field, schemas))),
    ]);
  return table(['Field', 'Type', 'What it is'], rows);
}

/** Fewer columns are read more easily on a phone. */
export function withRequired(required: boolean | undefined, about: string): string {
  return [required ? '**Required.**' : '', about].filter((part) => part !== '').join(' ');
}

export function resolved(schema: Schema, schemas: Schemas): Schema {
  return schema.$ref === undefined ? schema : (schemas[schema.$ref.split('/').at(-1)!] ?? {});
}

/** The type in a few words, such as `array of string or null`. */
export function typeOf(schema: Schema, schemas: Schemas): string {
  const { $ref, enum: values, anyOf, oneOf, allOf, items, type, format } = schema;
  if ($ref !== undefined) return typeOf(resolved(schema, schemas), schemas);
  if ('const' in schema) return code(JSON.stringify(schema.const));
  if (values) return values.map((value) => code(JSON.stringify(value))).join(', ');
  const choices = anyOf ?? oneOf;
  if (choices) return choices.map((choice) => typeOf(choice, schemas)).join(' or ');
  if (type === undefined && allOf?.[0]) return typeOf(allOf[0], schemas);
  if (items) return `array of ${typeOf(items, schemas)}`;
  const words = [type ?? 'any JSON'].flat().join(' or ');
  return [words, format && `(${format})`, ...limitsOf(schema)].filter(Boolean).join(' ');
}

function limitsOf(schema: Schema): string[] {
  return Object.entries(LIMITS).flatMap(([limit, words]) => {
    const value = schema[limit];
    return value === undefined ? [] : [`${words} ${JSON.stringify(value)}`];
  });
}

function aboutOf(schema: Schema, schemas: Schemas): string {
  const { description = resolved(schema, schemas).description ?? '' } = schema;
  const initial = schema.default === undefined ? '' : `Default \`${JSON.stringify(schema.default)}\`.`;
  return [description, initial].filter((part) => part !== '').join(' ');
}
