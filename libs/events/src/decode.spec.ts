import { PermanentError } from '@reflex/core';
import {
  BaseEvent,
  type EncodedEvent,
  EventRegistry,
  EventType,
  HttpPayload,
  payloadOf,
  toEnvelope,
  UndecodableEvent,
} from '@reflex/events';
import { Type } from 'class-transformer';
import { IsArray, IsDate, IsOptional, IsString, ValidateNested } from 'class-validator';

class Item {
  @IsString()
  sku!: string;
}

@EventType('parcel.sent')
class ParcelSent extends BaseEvent {
  @IsString()
  carrier!: string;

  @IsOptional()
  @IsString()
  note?: string;

  get label(): string {
    return `by ${this.carrier}`;
  }

  describe(): string {
    return this.label;
  }
}

@EventType('parcel.packed')
class ParcelPacked extends BaseEvent {
  @IsArray()
  @ValidateNested()
  @Type(() => Item)
  items!: Item[];

  @IsDate()
  @Type(() => Date)
  due!: Date;
}

const registry = new EventRegistry().register([ParcelSent, ParcelPacked]);

function stored(type: string, payload: unknown): EncodedEvent {
  return {
    id: 'e-1',
    type,
    source: 'warehouse',
    timestamp: new Date('2026-01-31T12:00:00Z'),
    receivedAt: new Date('2026-01-31T12:00:01Z'),
    meta: { trace_id: 't', correlation_id: 'c', causation_id: null, depth: 0 },
    payload,
  };
}

describe('decode', () => {
  it('makes an instance of the class, with the envelope', () => {
    const event = registry.decode(stored('parcel.sent', { carrier: 'DHL' })) as ParcelSent;

    expect(event).toBeInstanceOf(ParcelSent);
    expect(event.describe()).toBe('by DHL');
    expect(event).toMatchObject({ id: 'e-1', source: 'warehouse', timestamp: new Date('2026-01-31T12:00:00Z') });
    expect(event.meta).toEqual({ trace_id: 't', correlation_id: 'c', causation_id: null, depth: 0 });
  });

  it('makes instances of nested classes', () => {
    const payload = { items: [{ sku: 'a' }], due: '2026-02-01T00:00:00.000Z' };

    const event = registry.decode(stored('parcel.packed', payload)) as ParcelPacked;

    expect(event.items[0]).toBeInstanceOf(Item);
    expect(event.due).toEqual(new Date('2026-02-01T00:00:00Z'));
    expect(JSON.parse(JSON.stringify(payloadOf(event)))).toEqual(payload);
  });

  it('tells when the store took it, without sending that on', () => {
    const event = registry.decode(stored('parcel.sent', { carrier: 'DHL', receivedAt: 'never' }));

    expect(event.receivedAt).toEqual(new Date('2026-01-31T12:00:01Z'));
    expect(Object.keys(event)).not.toContain('receivedAt');
    expect(JSON.stringify(event)).not.toContain('received');
  });

  it.each(['parcel.sent', 'parcel.packed'])('keeps fields of %s that an older version of the class had', (type) => {
    const payload = { carrier: 'DHL', items: [], due: '2026-02-01T00:00:00.000Z', weight_kg: 3 };

    expect(registry.decode(stored(type, payload))).toMatchObject({ weight_kg: 3 });
  });

  it('lets no payload shadow methods, getters, the prototype or the envelope', () => {
    const payload = '{"__proto__":{"polluted":1},"constructor":1,"describe":1,"label":1,"id":"x","type":"x","meta":1}';

    const event = registry.decode(stored('parcel.sent', JSON.parse(payload))) as ParcelSent;

    expect(event.describe()).toBe('by undefined');
    expect(event).toMatchObject({ id: 'e-1', type: 'parcel.sent', meta: { depth: 0 } });
    expect(event.constructor).toBe(ParcelSent);
    expect((event as unknown as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([['text'], [7], [null], [undefined], [[{ carrier: 'DHL' }]]])(
    'D10: refuses the payload %j for good',
    (payload) => {
      const decoding = () => registry.decode(stored('parcel.sent', payload));

      expect(decoding).toThrow(UndecodableEvent);
      expect(decoding).toThrow(PermanentError);
    },
  );

  it('D10: refuses a type that this process does not know for good', () => {
    expect(() => registry.decode(stored('parcel.lost', {}))).toThrow(
      new UndecodableEvent('No class for the stored type "parcel.lost". Register one, then retry the dead letter.'),
    );
  });

  it('refuses values that a nested class cannot be made of', () => {
    expect(() => registry.decode(stored('parcel.packed', { due: { toString: 1, valueOf: 1 } }))).toThrow(
      UndecodableEvent,
    );
  });

  it('refuses nesting beyond the stack instead of dying of it', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as unknown;

    expect(() => registry.decode(stored('parcel.packed', { items: [deep] }))).toThrow(UndecodableEvent);
  });
});

describe('the wire form', () => {
  it('is flat, and comes back as the same event', () => {
    const event = registry.decode(stored('parcel.sent', { carrier: 'DHL', note: 'fragile' }));

    const wire = toEnvelope(event);

    expect(wire).toEqual({
      id: 'e-1',
      type: 'parcel.sent',
      source: 'warehouse',
      timestamp: '2026-01-31T12:00:00.000Z',
      meta: { trace_id: 't', correlation_id: 'c', causation_id: null, depth: 0 },
      carrier: 'DHL',
      note: 'fragile',
    });
    const { causation_id: _, depth: __, ...meta } = wire.meta;
    expect(registry.parse({ ...wire, meta })).toMatchObject({ id: 'e-1', carrier: 'DHL', timestamp: event.timestamp });
  });

  it('shows a stored event as it is, also one that cannot be decoded', () => {
    const row = stored('parcel.lost', { where: 'Hamburg', id: 'not mine' });

    expect(toEnvelope(row)).toMatchObject({ id: 'e-1', type: 'parcel.lost', where: 'Hamburg' });
  });

  it('leaves out the envelope and undefined fields from the payload', () => {
    const event = ParcelSent.of({ id: 'e-1', source: 'warehouse', carrier: 'DHL', note: undefined });

    expect(Object.entries(payloadOf(event))).toEqual([['carrier', 'DHL']]);
  });

  it('keeps a field named payload apart from the payload', () => {
    const event = HttpPayload.of({ payload: { message: 'hi' } });

    expect(payloadOf(event)).toEqual({ payload: { message: 'hi' } });
  });
});
