import { IsNumber, IsString } from 'class-validator';
import { BaseEvent, EventType, InvalidEventClass, toEnvelope } from '@reflex/events';

@EventType('invoice.sent')
class InvoiceSent extends BaseEvent {
  @IsString()
  number!: string;

  @IsNumber()
  cents!: number;

  euros(): number {
    return this.cents / 100;
  }

  get label(): string {
    return `invoice ${this.number}`;
  }
}

class Undecorated extends BaseEvent {}

@EventType('invoice.resent')
class InvoiceResent extends InvoiceSent {}

class Inheritor extends InvoiceSent {}

it('makes an event of its own fields, without asking for methods and getters', () => {
  const event = InvoiceSent.of({ number: 'A1', cents: 250, source: 'billing' });

  expect(event).toBeInstanceOf(InvoiceSent);
  expect(event).toMatchObject({ type: 'invoice.sent', number: 'A1', source: 'billing' });
  expect([event.euros(), event.label]).toEqual([2.5, 'invoice A1']);
});

it('asks for every field and refuses other ones at compile time', () => {
  const compiled = () => {
    // @ts-expect-error cents is missing
    InvoiceSent.of({ number: 'A1' });
    // @ts-expect-error type is not for the publisher to choose
    InvoiceSent.of({ number: 'A1', cents: 1, type: 'other' });
    // @ts-expect-error vat is not a field
    InvoiceSent.of({ number: 'A1', cents: 1, vat: 7 });
    // @ts-expect-error cents is a number
    InvoiceSent.of({ number: 'A1', cents: '1' });
  };

  expect(compiled).not.toThrow();
});

it('says what to do for a class without @EventType', () => {
  expect(() => new Undecorated()).toThrow(
    new InvalidEventClass("Undecorated is not an event: put @EventType('some.name') above the class."),
  );
});

it('does not pass a type on to subclasses', () => {
  expect(InvoiceResent.of({ number: 'A1', cents: 1 }).type).toBe('invoice.resent');
  expect(() => Inheritor.of({ number: 'A1', cents: 1 })).toThrow(/Inheritor is not an event/);
});

it('is its own wire form when written as JSON', () => {
  const event = InvoiceSent.of({
    id: 'e1',
    number: 'A1',
    cents: 250,
    source: 'billing',
    timestamp: new Date('2026-01-31T12:00:00Z'),
    meta: { trace_id: 't', correlation_id: 'c', causation_id: null, depth: 0 },
  });

  expect(JSON.parse(JSON.stringify(event))).toEqual(toEnvelope(event));
});
