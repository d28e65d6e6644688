import 'reflect-metadata';

const EVENT_TYPE = Symbol('reflex:event-type');

/** Names the type of an event class: dotted lower case, such as `order.created`. */
export function EventType(name: string): ClassDecorator {
  return (target) => Reflect.defineMetadata(EVENT_TYPE, name, target);
}

/** The type of a decorated class; throws for a class without `@EventType`. */
export function typeOfClass(target: object): string {
  const name = Reflect.getOwnMetadata(EVENT_TYPE, target) as string | undefined;
  if (name === undefined) {
    const className = typeof target === 'function' ? target.name : 'this';
    throw new TypeError(`${className} is not an event: put @EventType('some.name') above the class.`);
  }
  return name;
}
