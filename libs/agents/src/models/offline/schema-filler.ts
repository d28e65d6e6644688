import type { JsonSchema } from '../../agent-definition';
import { shortened, wordsOfName, type TextFacts } from './text-facts';

const MAX_DEPTH = 8;
const SEVERITIES = ['low', 'medium', 'high', 'critical'];

/** A value that fits the JSON schema, made by rules from what stands in a text. */
export function fillSchema(schema: JsonSchema, facts: TextFacts): unknown {
  return new SchemaFiller(schema, facts).fill(schema, '', 0);
}

class SchemaFiller {
  constructor(
    private readonly root: JsonSchema,
    private readonly facts: TextFacts,
  ) {}

  fill(declared: JsonSchema, name: string, depth: number): unknown {
    const schema = this.resolve(declared);
    if ('const' in schema) return schema.const;
    if (schema.enum) return this.choose(schema.enum, name, schema.default);
    if ('default' in schema) return schema.default;
    switch (typeOf(schema)) {
      case 'object':
        return this.object(schema, depth);
      case 'array':
        return this.array(schema, name, depth);
      case 'string':
        return this.text(schema, name);
      case 'integer':
        return Math.round(this.number(schema, name));
      case 'number':
        return this.number(schema, name);
      case 'boolean':
        return this.facts.valuesOf(name)[0]?.toLowerCase() === 'true';
      default:
        return null;
    }
  }

  private resolve(schema: JsonSchema): JsonSchema {
    const options = schema.anyOf ?? schema.oneOf;
    if (options) return this.resolve(options.find((option) => option.type !== 'null') ?? {});
    if (schema.allOf) return Object.assign({}, ...schema.allOf) as JsonSchema;
    if (schema.$ref === undefined) return schema;
    if (schema.$ref === '#') return this.root;
    return this.resolve(this.root.$defs?.[schema.$ref.replace('#/$defs/', '')] ?? {});
  }

  private object(schema: JsonSchema, depth: number): Record<string, unknown> {
    const properties = Object.entries(schema.properties ?? {});
    const required = new Set(schema.required);
    // What is optional stays out unless the text gives it, and from some depth on, so that recursive schemas end.
    const wanted = properties.filter(
      ([key]) => required.has(key) || (depth < MAX_DEPTH && this.facts.valuesOf(key).length > 0),
    );
    return Object.fromEntries(wanted.map(([key, property]) => [key, this.fill(property, key, depth + 1)]));
  }

  private array(schema: JsonSchema, name: string, depth: number): unknown[] {
    const items = this.resolve(schema.items ?? { type: 'string' });
    const least = schema.minItems ?? 0;
    const most = Math.min(schema.maxItems ?? 3, 3);
    let found: unknown[] = [];
    if (isFreeText(items)) found = this.sentences(name).map((line) => fitted(line, items, 200));
    else if (depth < MAX_DEPTH) found = [this.fill(items, name, depth + 1)];
    const values = found.slice(0, Math.max(most, least));
    while (values.length < least) values.push(this.fill(items, name, depth + 1));
    return values;
  }

  /** What a list of texts should hold, told by its name. */
  private sentences(name: string): string[] {
    const { lines, troubles } = this.facts;
    if (/action|recommend|step|todo/i.test(name)) {
      return [...new Set(troubles.length > 0 ? troubles : lines)].slice(-3).map((line) => `Look into: ${line}`);
    }
    if (/concern|problem|risk|issue|warning/i.test(name)) return [...new Set(troubles)];
    return [...new Set(lines)];
  }

  private choose(options: unknown[], name: string, byDefault: unknown): unknown {
    const texts = options.map((option) => String(option).toLowerCase());
    const given = this.facts.valuesOf(name).map((value) => value.toLowerCase());
    const levels = SEVERITIES.filter((level) => texts.includes(level));
    if (levels.length > 1) {
      const worst = levels.findLast((level) => given.includes(level));
      const level = worst ?? levels[Math.min(this.facts.trouble, levels.length - 1)]!;
      return options[texts.indexOf(level)];
    }
    const exact = texts.findIndex((text) => given.includes(text));
    if (exact >= 0) return options[exact];
    if (byDefault !== undefined) return byDefault;
    const counts = texts.map((text) => this.facts.mentions(text));
    return options[counts.indexOf(Math.max(...counts))];
  }

  private text(schema: JsonSchema, name: string): string {
    const value = this.formatted(schema.format ?? '') ?? this.named(name);
    return fitted(value, schema, 2_000);
  }

  private formatted(format: string): string | undefined {
    const { text, times } = this.facts;
    switch (format) {
      case 'date-time':
        return times.at(-1) ?? '1970-01-01T00:00:00Z';
      case 'date':
        return times.at(-1)?.slice(0, 10) ?? '1970-01-01';
      case 'email':
        return /[\w.+-]+@[\w-]+(\.[\w-]+)+/.exec(text)?.[0] ?? 'nobody@example.com';
      case 'uri':
        return /https?:\/\/[^\s"'<>]+/.exec(text)?.[0] ?? 'https://example.com/';
      case 'uuid':
        return /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text)?.[0] ?? '00000000-0000-4000-8000-000000000000';
      default:
        return undefined;
    }
  }

  private named(name: string): string {
    const { times, gist, lines, troubles } = this.facts;
    const words = wordsOfName(name);
    const is = (...names: string[]) => words.some((word) => names.includes(word));
    if (is('title', 'subject', 'headline'))
      return `[offline] ${shortened(troubles.at(-1) ?? lines[0] ?? 'Untitled', 100)}`;
    if (is('summary', 'message', 'text', 'description', 'body', 'content', 'reason', 'answer', 'reply')) {
      return `[offline] ${gist}`;
    }
    if (is('period', 'range', 'timeframe') && times.length > 0) return `${times[0]} to ${times.at(-1)}`;
    return this.facts.valuesOf(name)[0] ?? shortened(lines[0] ?? 'unknown', 100);
  }

  private number(schema: JsonSchema, name: string): number {
    const step = schema.type === 'integer' ? 1 : Number.EPSILON;
    const least = schema.minimum ?? (schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY) + step;
    const most = schema.maximum ?? (schema.exclusiveMaximum ?? Number.POSITIVE_INFINITY) - step;
    return Math.min(Math.max(this.facts.numberOf(name) ?? 0, least), most);
  }
}

function isFreeText(schema: JsonSchema): boolean {
  return typeOf(schema) === 'string' && !schema.enum && !schema.format && !('const' in schema);
}

function fitted(text: string, { minLength = 0, maxLength }: JsonSchema, usual: number): string {
  return shortened(text, maxLength ?? usual).padEnd(minLength, '.');
}

function typeOf(schema: JsonSchema): string {
  const types = [schema.type].flat();
  return types.find((type) => type !== 'null' && type !== undefined) ?? (schema.properties ? 'object' : 'null');
}
