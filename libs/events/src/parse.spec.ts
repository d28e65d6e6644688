import { ReflexError } from '@reflex/core';
import { BaseEvent, EventRegistry, EventType, HttpPayload, HttpRequest, InvalidEvent } from '@reflex/events';
import { Type } from 'class-transformer';
import { ArrayUnique, IsArray, IsDate, IsIn, IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import * as fc from 'fast-check';

class Item {
  @IsString()
  sku!: string;

  @IsInt()
  @Min(1)
  amount!: number;
}

@EventType('order.created')
class OrderCreated extends BaseEvent {
  @IsString()
  order_id!: string;

  @IsOptional()
  @IsIn(['low', 'high'])
  priority?: 'low' | 'high';

  @IsArray()
  @ValidateNested()
  @Type(() => Item)
  items: Item[] = [];

  @IsOptional()
  @IsDate()
  @Type(() => Date)
  due?: Date;

  get total(): number {
    return this.items.length;
  }
}

@EventType('label.set')
class LabelSet extends BaseEvent {
  @ArrayUnique((label: { id: string }) => label.id.toLowerCase())
  labels!: { id: string }[];
}

@EventType('ping')
class Ping extends BaseEvent {}

const registry = new EventRegistry().register([OrderCreated, LabelSet, Ping]);
const ORDER = { type: 'order.created', source: 'shop', order_id: 'o-1' };

/** The error that a body meets. */
function refusal(raw: unknown): ReflexError {
  try {
    registry.parse(raw);
  } catch (error) {
    if (error instanceof ReflexError) return error;
    throw error;
  }
  throw new Error('accepted');
}

function outcomeOf(raw: unknown): string {
  try {
    return registry.parse(raw) instanceof BaseEvent ? 'event' : 'something else';
  } catch (error) {
    return error instanceof ReflexError ? `${error.status} ${error.code}` : `crash: ${String(error)}`;
  }
}

function fieldsAtFault(raw: unknown): string[] {
  const error = refusal(raw);
  expect(error.code).toBe('invalid_event');
  return (error as InvalidEvent).details.map((problem) => problem.field);
}

describe('a valid event', () => {
  it('D40: accepts both bodies of the original documentation', () => {
    const request = registry.parse({ type: 'http.request', source: 'test', method: 'GET', path: '/test' });
    const free = registry.parse({ type: 'http', payload: { message: 'Hello, Reflex!' } }, { source: 'http:127.0.0.1' });

    expect(request).toBeInstanceOf(HttpRequest);
    expect(request).toMatchObject({ source: 'test', method: 'GET', path: '/test', headers: {}, body: null });
    expect(free).toBeInstanceOf(HttpPayload);
    expect(free).toMatchObject({ source: 'http:127.0.0.1', payload: { message: 'Hello, Reflex!' } });
  });

  it('D10: accepts a type of the owner, with nested classes', () => {
    const event = registry.parse({ ...ORDER, items: [{ sku: 'a', amount: 2 }], due: '2026-02-01T00:00:00Z' });

    expect(event).toBeInstanceOf(OrderCreated);
    expect((event as OrderCreated).items[0]).toBeInstanceOf(Item);
    expect((event as OrderCreated).due).toEqual(new Date('2026-02-01T00:00:00Z'));
  });

  it('keeps the envelope that a client may set', () => {
    const meta = { trace_id: 'a'.repeat(32), correlation_id: 'order-7' };

    const event = registry.parse({ ...ORDER, id: 'e-1', timestamp: '2026-01-31T13:00:00+01:00', meta });

    expect(event).toMatchObject({ id: 'e-1', source: 'shop', timestamp: new Date('2026-01-31T12:00:00Z'), meta });
  });

  it('prefers the source of the client to the default of the edge', () => {
    expect(registry.parse(ORDER, { source: 'http' }).source).toBe('shop');
  });

  it('accepts a type without fields', () => {
    expect(registry.parse({ type: 'ping', source: 'test' })).toBeInstanceOf(Ping);
  });

  it.each(["a'; drop table x; --", 'ümlaut ñ 漢字', '550e8400-e29b-41d4-a716-446655440000', 'a'.repeat(128)])(
    'D1: takes the id %s as mere text',
    (id) => {
      expect(registry.parse({ ...ORDER, id }).id).toBe(id);
    },
  );
});

describe('own fields', () => {
  it.each([
    ['a missing field', { order_id: undefined }, 'order_id'],
    ['a wrong type', { order_id: 7 }, 'order_id'],
    ['null for a field that is not optional', { order_id: null }, 'order_id'],
    ['a value outside of the list', { priority: 'medium' }, 'priority'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['the name of a getter', { total: 3 }, 'total'],
    ['the name of an inherited method', { toString: 'x' }, 'toString'],
    ['an unknown nested field', { items: [{ sku: 'a', amount: 1, extra: 1 }] }, 'items.0.extra'],
    [
      'a wrong nested type',
      {
        items: [
          { sku: 'a', amount: 1 },
          { sku: 'b', amount: 1.5 },
        ],
      },
      'items.1.amount',
    ],
    ['text where an object belongs', { items: ['a'] }, 'items.0'],
    ['an object where a list belongs', { items: { sku: 'a', amount: 1 } }, 'items'],
    ['a date that is none', { due: 'tomorrow' }, 'due'],
  ])('refuse %s', (_, change, field) => {
    expect(fieldsAtFault({ ...ORDER, ...change })).toEqual([field]);
  });

  it('are all reported at once, 20 at most', () => {
    const unknown = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`field_${index}`, index]));

    expect(fieldsAtFault({ ...ORDER, order_id: 7, colour: 'red', id: 9 }).sort()).toEqual(['colour', 'id', 'order_id']);
    expect(fieldsAtFault({ ...ORDER, ...unknown })).toHaveLength(20);
  });

  it.each([
    ['rule', { type: 'label.set', source: 'test', labels: [{ id: 7 }] }],
    ['transformation', { ...ORDER, due: { toString: 1, valueOf: 1 } }],
  ])('are refused, not a crash, when a %s throws on them', (_, raw) => {
    expect(refusal(raw)).toMatchObject({ code: 'invalid_event', status: 422 });
  });

  it('say in one sentence what to correct', () => {
    expect(refusal({ ...ORDER, colour: 'red' }).message).toBe(
      'The event "order.created" is not valid: colour is not a field of order.created. Correct it and send it again.',
    );
  });
});

describe('the envelope', () => {
  it.each([
    ['no JSON object', 'text', []],
    ['a list', [ORDER], []],
    ['null', null, []],
    ['no type', { ...ORDER, type: undefined }, ['type']],
    ['a type that is no text', { ...ORDER, type: { $ne: null } }, ['type']],
    ['a huge type', { ...ORDER, type: 't'.repeat(129) }, ['type']],
    ['no source', { ...ORDER, source: undefined }, ['source']],
    ['an empty source', { ...ORDER, source: '' }, ['source']],
    ['a huge source', { ...ORDER, source: 's'.repeat(257) }, ['source']],
    ['a huge id', { ...ORDER, id: 'i'.repeat(129) }, ['id']],
    ['an id with a line break', { ...ORDER, id: 'a\nb' }, ['id']],
    ['an id that reads backwards', { ...ORDER, id: 'a\u202Eb' }, ['id']],
    ['an id that ends in a space', { ...ORDER, id: 'a ' }, ['id']],
    ['an id that is a number', { ...ORDER, id: 1 }, ['id']],
    ['a meta that is a list', { ...ORDER, meta: [] }, ['meta']],
    ['an unknown field of meta', { ...ORDER, meta: { mood: 'good' } }, ['meta.mood']],
    ['a huge trace id', { ...ORDER, meta: { trace_id: 't'.repeat(129) } }, ['meta.trace_id']],
    ['a correlation id that is no text', { ...ORDER, meta: { correlation_id: {} } }, ['meta.correlation_id']],
  ])('refuses %s', (_, raw, fields) => {
    expect(fieldsAtFault(raw)).toEqual(fields);
  });

  it.each([
    'yesterday',
    '2026-01-31',
    '2026-01-31T12:00:00',
    '2026-02-30T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-01-31T25:00:00Z',
    '1815-01-31T12:00:00Z',
    '+010000-01-01T00:00:00Z',
    1769860800,
    null,
  ])('refuses the timestamp %s', (timestamp) => {
    expect(fieldsAtFault({ ...ORDER, timestamp })).toEqual(['timestamp']);
  });

  it('names an unknown type and says how to register it', () => {
    expect(refusal({ type: 'order.lost', source: 'test' })).toMatchObject({
      code: 'unknown_event_type',
      status: 422,
      details: { type: 'order.lost' },
    });
  });

  it.each(['constructor', '__proto__', 'toString'])('does not take %s for a type', (type) => {
    expect(refusal({ type, source: 'test' }).code).toBe('unknown_event_type');
  });

  it.each(['timer.tick', 'timer.mine', 'lifecycle', 'lifecycle.started', 'workflow.started'])(
    'leaves the type %s to the server',
    (type) => {
      expect(refusal({ type, source: 'test' })).toMatchObject({ code: 'reserved_type', status: 422 });
    },
  );

  it.each(['ws:ann', 'webhook:github', 'timer:daily', 'lifecycle:api', 'internal', 'internal:alert'])(
    'the source %s cannot be claimed from outside',
    (source) => {
      expect(refusal({ ...ORDER, source })).toMatchObject({ code: 'reserved_field', status: 422 });
    },
  );

  it.each(['wss-proxy', 'internals', 'webhooks:mine'])('the source %s is free', (source) => {
    expect(registry.parse({ ...ORDER, source }).source).toBe(source);
  });

  it.each([
    ['D37: meta.causation_id', { meta: { causation_id: 'x' } }],
    ['D37: meta.depth', { meta: { depth: 0 } }],
    ['meta.tenant', { meta: { tenant: 'acme' } }],
    ['tenant', { tenant: 'acme' }],
  ])('%s is set by the server alone', (name, change) => {
    expect(refusal({ ...ORDER, ...change })).toMatchObject({
      code: 'reserved_field',
      status: 422,
      details: { field: name.replace('D37: ', '') },
    });
  });
});

describe('hostile JSON', () => {
  const deep = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;

  it.each([
    ['__proto__', '{"type":"http","source":"t","payload":{"__proto__":{"polluted":true}}}', 'json_forbidden_key'],
    ['__proto__ at the top', '{"type":"http","source":"t","__proto__":{"polluted":true}}', 'json_forbidden_key'],
    ['constructor', '{"type":"http","source":"t","payload":{"constructor":{}}}', 'json_forbidden_key'],
    ['NUL', String.raw`{"type":"http","source":"t","payload":{"a":"\u0000"}}`, 'json_nul_character'],
    ['NUL in the id', String.raw`{"type":"http","source":"t","id":"\u0000","payload":{}}`, 'json_nul_character'],
    ['a lone surrogate', String.raw`{"type":"http","source":"t","payload":{"a":"\ud800"}}`, 'json_lone_surrogate'],
    ['a number beyond JSON', '{"type":"http","source":"t","payload":{"a":1e999}}', 'number_out_of_range'],
  ])('with %s is refused', (_, body, code) => {
    expect(refusal(JSON.parse(body))).toMatchObject({ code, status: 422 });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('with 10,000 keys is refused', () => {
    const payload = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]));

    expect(refusal({ type: 'http', source: 't', payload }).code).toBe('json_too_many_keys');
  });

  it.each([33, 10_000])('%i levels deep is refused', (levels) => {
    expect(refusal({ type: 'http', source: 't', payload: { deep: deep(levels) } }).code).toBe('json_too_deep');
  });

  it('of any shape is accepted or refused with a code, never a crash', () => {
    const known = fc.constantFrom(...registry.types(), 'no.such');
    const fields = fc.dictionary(
      fc.constantFrom('id', 'source', 'timestamp', 'meta', 'items', 'due', 'labels', 'payload', 'headers', 'order_id'),
      fc.jsonValue({ maxDepth: 3 }),
    );

    fc.assert(
      fc.property(known, fields, fc.jsonValue(), (type, own, other) => {
        const outcomes = [{ ...own, type }, other].map(outcomeOf);

        expect(outcomes.join()).toMatch(/^(event|422 [a-z_]+),(event|422 [a-z_]+)$/);
      }),
      { numRuns: 500 },
    );
  });
});
