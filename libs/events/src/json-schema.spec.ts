import { BaseEvent, EventRegistry, EventType, type JsonSchema } from '@reflex/events';
import addFormats from 'ajv-formats';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  ArrayNotEmpty,
  Equals,
  IsArray,
  IsBoolean,
  IsDate,
  IsEnum,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsPositive,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import * as fc from 'fast-check';

enum Colour {
  Red = 1,
  Green,
}

class Part {
  @IsString()
  name!: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => Part)
  inner?: Part;
}

@EventType('everything.happened', { description: 'All kinds of rules.' })
class Everything extends BaseEvent {
  @IsString() @Length(2, 5) text!: string;
  @IsNotEmpty() @IsString() filled!: string;
  @Min(0) @IsInt() count!: number;
  @IsInt() @Min(0) size!: number;
  @Max(10) @IsPositive() @IsNumber() ratio!: number;
  @IsBoolean() flag!: boolean;
  @IsIn(['a', 'b']) letter!: string;
  @IsEnum(Colour) colour!: Colour;
  @Equals('on') state!: string;
  @Matches(/^[a-z]+$/) lower!: string;
  @Matches(/^[a-z]+$/i) any_case!: string;
  @Matches(/^x/) @Matches(/z$/) framed!: string;
  @IsUUID() uuid!: string;
  @IsDate() @Type(() => Date) due!: Date;
  @IsArray() @ArrayNotEmpty() @ArrayMaxSize(2) @IsString({ each: true }) tags!: string[];
  @IsArray() @ValidateNested() @Type(() => Part) parts!: Part[];
  @ValidateNested() @Type(() => Part) part!: Part;
  @Allow() anything?: unknown;
  @IsOptional() @IsIn(['x']) maybe?: string;
  @ValidateIf((event: Everything) => event.or_null !== null) @IsString() or_null!: string | null;
  @IsInt() fallback = 3;
}

const VALID = {
  type: 'everything.happened',
  source: 'test',
  text: 'abc',
  filled: 'x',
  count: 0,
  size: 0,
  ratio: 0.5,
  flag: true,
  letter: 'a',
  colour: 2,
  state: 'on',
  lower: 'abc',
  any_case: 'ABC',
  framed: 'x-z',
  uuid: '550e8400-e29b-41d4-a716-446655440000',
  due: '2026-01-31T12:00:00.000Z',
  tags: ['t'],
  parts: [{ name: 'p', inner: { name: 'q' } }],
  part: { name: 'p' },
  or_null: null,
};

const registry = new EventRegistry().register([Everything]);
const schemas = registry.schemas();

function compile(schema: JsonSchema): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
  addFormats(ajv);
  return ajv.compile(schema);
}

function parses(raw: unknown): boolean {
  try {
    registry.parse(raw);
    return true;
  } catch {
    return false;
  }
}

it('makes a valid draft 2020-12 schema of every type, whose examples pass', () => {
  for (const [type, schema] of Object.entries(schemas)) {
    const validate = compile(schema);

    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      additionalProperties: false,
    });
    for (const example of (schema['examples'] as { type: string }[] | undefined) ?? []) {
      expect(example.type).toBe(type);
      expect([validate(example), validate.errors]).toEqual([true, null]);
    }
  }
});

it('shows an example of every built-in type, and those a client may send are accepted', () => {
  const sendable = ['http', 'http.request', 'ws.message'];
  const examples = Object.values(new EventRegistry().schemas()).map((schema) => (schema['examples'] as unknown[])[0]);

  expect(examples).toHaveLength(5);
  expect(examples.filter(parses)).toEqual(sendable.map((type) => expect.objectContaining({ type }) as unknown));
});

it('says of each field what its rules say', () => {
  expect(schemas['everything.happened']).toMatchObject({
    title: 'Everything',
    description: 'All kinds of rules.',
    properties: {
      type: { const: 'everything.happened' },
      timestamp: { type: 'string', format: 'date-time' },
      text: { type: 'string', minLength: 2, maxLength: 5 },
      ratio: { type: 'number', exclusiveMinimum: 0, maximum: 10 },
      colour: { enum: [1, 2] },
      due: { type: 'string', format: 'date-time' },
      tags: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' } },
      parts: { type: 'array', items: { $ref: '#/$defs/Part' } },
      part: { $ref: '#/$defs/Part' },
      maybe: { anyOf: [{ enum: ['x'] }, { type: 'null' }] },
      or_null: { type: ['string', 'null'] },
      fallback: { type: 'integer', default: 3 },
    },
    $defs: {
      Part: { properties: { inner: { anyOf: [{ $ref: '#/$defs/Part' }, { type: 'null' }] } }, required: ['name'] },
    },
  });
  const { count, size } = schemas['everything.happened']!['properties'] as Record<string, JsonSchema>;
  expect([count, size]).toEqual([
    { type: 'integer', minimum: 0 },
    { type: 'integer', minimum: 0 },
  ]);
  const required = schemas['everything.happened']!['required'] as string[];
  expect(['anything', 'maybe', 'fallback', 'source', 'id'].filter((field) => required.includes(field))).toEqual([]);
  expect(required).toEqual(expect.arrayContaining(['type', 'text', 'parts', 'or_null']));
});

it('accepts what parsing accepts and refuses what parsing refuses', () => {
  const validate = compile(schemas['everything.happened']!);
  const values = fc.oneof(
    fc.constantFrom(
      'abc',
      'x',
      'on',
      'A',
      '',
      'x-z',
      0,
      1,
      2,
      0.5,
      11,
      -1,
      true,
      null,
      [],
      ['t'],
      ['t', 't', 't'],
      [1],
    ),
    fc.constantFrom(
      { name: 'p' },
      { name: 1 },
      [{ name: 'p' }],
      { name: 'p', inner: { name: 'q', x: 1 } },
      {},
      '2026-01-31T12:00:00Z',
    ),
    fc.constant(undefined),
  );
  const changes = fc.dictionary(
    fc.constantFrom(...Object.keys(VALID).slice(2), 'anything', 'maybe', 'fallback', 'other'),
    values,
  );

  // Where they differ on purpose: JSON Schema has no case-blind pattern, dates are also made of numbers, and
  // @ValidateNested takes a list for an object.
  const comparable = changes.filter(
    ({ any_case, due, part }) =>
      (any_case === undefined || any_case === 'abc') &&
      (due === undefined || typeof due === 'string') &&
      !Array.isArray(part),
  );
  expect([validate(VALID), parses(VALID)]).toEqual([true, true]);
  fc.assert(
    fc.property(comparable, (change) => {
      const raw = JSON.parse(JSON.stringify({ ...VALID, ...change })) as unknown;

      expect({ raw, valid: validate(raw) }).toEqual({ raw, valid: parses(raw) });
    }),
    { numRuns: 2_000 },
  );
});
