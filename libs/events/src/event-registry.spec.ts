import {
  Allow,
  IsString,
  ValidateNested,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
  Validate,
} from 'class-validator';
import { BaseEvent, type EventClass, EventRegistry, EventType, isReservedType } from '@reflex/events';

@EventType('order.created')
class OrderCreated extends BaseEvent {
  @IsString()
  order_id!: string;
}

/** What the start prints for a class. */
function refusal(...classes: unknown[]): string {
  try {
    new EventRegistry().register(classes as EventClass[]);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

it('knows the built-in events and what is registered', () => {
  const registry = new EventRegistry().register([OrderCreated]);

  expect(registry.types()).toEqual(['http', 'http.request', 'lifecycle', 'order.created', 'timer.tick', 'ws.message']);
  expect(registry.classOf('order.created')).toBe(OrderCreated);
  expect(registry.classOf('order.deleted')).toBeUndefined();
  expect(registry.classOf('constructor')).toBeUndefined();
});

it('takes the same class twice, as two modules may list it', () => {
  const registry = new EventRegistry().register([OrderCreated]);

  expect(registry.register([OrderCreated]).types()).toHaveLength(6);
});

it.each(['timer.tick', 'timer', 'lifecycle', 'lifecycle.started', 'workflow.node.done'])('reserves %s', (type) => {
  expect(isReservedType(type)).toBe(true);
});

it.each(['timers.tick', 'order.timer.tick', 'lifecycles', 'workflows'])('leaves %s to the owner', (type) => {
  expect(isReservedType(type)).toBe(false);
});

describe('stops the start with one sentence', () => {
  it('for two classes of one type', () => {
    @EventType('order.created')
    class OrderMade extends BaseEvent {}

    expect(refusal(OrderCreated, OrderMade)).toBe(
      'The classes OrderCreated and OrderMade both claim the event type "order.created". Give one of them another name.',
    );
  });

  it('for a class that takes a built-in type', () => {
    @EventType('ws.message')
    class Chat extends BaseEvent {}

    expect(refusal(Chat)).toMatch(/WebSocketMessage and Chat both claim/);
  });

  it('for a class without @EventType', () => {
    class Bare extends BaseEvent {}

    expect(refusal(Bare)).toBe("Bare is not an event: put @EventType('some.name') above the class.");
  });

  it('for a class that is no BaseEvent', () => {
    @EventType('not.an.event')
    class Loose {}

    expect(refusal(Loose)).toMatch(/Loose carries @EventType but does not extend BaseEvent/);
  });

  it.each([
    '',
    'Order.Created',
    'order created',
    '.order',
    'order.',
    'order..created',
    'order.*',
    '1order',
    'o'.repeat(129),
  ])('for the type name "%s"', (name) => {
    @EventType(name)
    class Misnamed extends BaseEvent {}

    expect(refusal(Misnamed)).toMatch(/of Misnamed is not a type name. Use dotted lower case/);
  });

  it.each(['id', 'source', 'timestamp', 'meta', 'tenant', 'deliveries', 'received_at'])(
    'for an own field named %s',
    (name) => {
      class Colliding extends BaseEvent {}
      Allow()(Colliding.prototype, name);
      EventType('colliding.event')(Colliding);

      expect(refusal(Colliding)).toBe(`Colliding declares "${name}", a name of the envelope. Rename the field.`);
    },
  );

  it('for a class that sets its own type', () => {
    @EventType('order.typed')
    class Typed extends BaseEvent {
      override readonly type = 'something.else';
    }

    expect(refusal(Typed)).toMatch(/Typed declares "type"/);
  });

  it('for a field without a rule, which no event could ever pass', () => {
    @EventType('order.bare')
    class BareField extends BaseEvent {
      note = 'none';
    }

    expect(refusal(BareField)).toMatch(/The field "note" of BareField has no rule/);
  });

  it('for @ValidateNested() without @Type', () => {
    @EventType('order.nested')
    class Nested extends BaseEvent {
      @ValidateNested()
      item!: object;
    }

    expect(refusal(Nested)).toMatch(/The field "item" of Nested is @ValidateNested\(\) without a class/);
  });

  it('for an asynchronous rule, which would pass unchecked', () => {
    @ValidatorConstraint({ async: true })
    class Exists implements ValidatorConstraintInterface {
      validate = () => Promise.resolve(false);
    }
    @EventType('order.async')
    class Async extends BaseEvent {
      @Validate(Exists)
      order_id!: string;
    }

    expect(refusal(Async)).toMatch(/The field "order_id" of Async has an asynchronous rule/);
  });

  it('for an example that its own class refuses', () => {
    @EventType('order.example', { example: { order_id: 7 } })
    class Example extends BaseEvent {
      @IsString()
      order_id!: string;
    }

    expect(refusal(Example)).toMatch(/The example of Example is not valid: order_id must be a string/);
  });
});
